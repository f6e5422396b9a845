/** The firewall of this host. */
export interface Firewall {
  /** What sets it up; the commands that mend it are this program's. */
  manager: 'ufw' | 'firewalld' | 'nftables' | 'iptables' | 'macos' | 'windows'
  /** Chains that drop what comes in; of `nftables` alone. */
  chains: readonly Chain[]
}

/** A chain of nftables. */
export interface Chain {
  family: string
  table: string
  name: string
}

/** What is to be let in: everything from a camera, or everything from an interface. */
export type Passage = { address: string } | { device: string }

/** The line that lets cameras' packets in, now and after a restart where the program keeps what it was told. */
export function allowance({ manager, chains }: Firewall, passage: Passage): string {
  const isCamera = 'address' in passage
  switch (manager) {
    case 'ufw':
      return isCamera
        ? `sudo ufw allow proto udp from ${passage.address}`
        : `sudo ufw allow in on ${passage.device} proto udp`
    case 'firewalld': {
      const source = isCamera ? `--add-source=${passage.address}` : `--change-interface=${passage.device}`
      return `sudo firewall-cmd --permanent --zone=trusted ${source} && sudo firewall-cmd --reload`
    }
    case 'nftables': {
      const match = isCamera ? `ip saddr ${passage.address}` : `iifname ${passage.device}`
      return chains
        .map((chain) => `sudo nft insert rule ${named(chain)} ${match} meta l4proto udp accept`)
        .join(' && ')
    }
    case 'iptables':
      return `sudo iptables -I INPUT -p udp ${isCamera ? `-s ${passage.address}` : `-i ${passage.device}`} -j ACCEPT`
    case 'macos':
      return `sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add "$(which node)" --unblockapp "$(which node)"`
    case 'windows': {
      const from = isCamera ? ` remoteip=${passage.address}` : ''
      return `netsh advfirewall firewall add rule name=framewire dir=in action=allow protocol=UDP${from}`
    }
  }
}

function named({ family, table, name }: Chain): string {
  return `${family} ${table} ${name}`
}

/** What `nft -j list ruleset` tells, as far as it is looked at. */
interface Ruleset {
  nftables?: {
    chain?: RulesetChain
    rule?: { family: string; table: string; chain: string; expr?: object[] }
  }[]
}
interface RulesetChain extends Chain {
  hook?: string
  policy?: string
}

/** Families of nftables that see IPv4 packets which arrive for this host. */
const FAMILIES = ['ip', 'inet']

/**
 * The chains of a ruleset (`nft -j list ruleset`) that drop packets which come in: by their policy or by a rule, here or
 * in a chain of the same table. Throws what `JSON.parse` throws.
 */
export function droppingChains(json: string): Chain[] {
  const entries = (JSON.parse(json) as Ruleset).nftables ?? []
  const dropping = new Set(
    entries.flatMap(({ rule }) => {
      const drops = rule?.expr?.some((part) => 'drop' in part || 'reject' in part)
      return rule && drops ? [`${rule.family} ${rule.table}`] : []
    }),
  )
  return entries.flatMap(({ chain }) => {
    if (chain?.hook !== 'input' || !FAMILIES.includes(chain.family)) return []
    const { family, table, name, policy } = chain
    return policy === 'drop' || dropping.has(`${family} ${table}`) ? [{ family, table, name }] : []
  })
}
