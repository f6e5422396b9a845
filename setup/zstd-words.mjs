import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cache, fingerprint, must, SetupError } from './step.mjs'

/**
 * On wasm32 libzstd fills and empties 32-bit words, since its words are as wide as an address; WebAssembly's own are 64
 * bits wide. These edits widen the words of its encoder, and of nothing else: the decoder, which reads what others
 * wrote, stays as it comes. The bytes that are written stay the same (test/interop/encoder.test.ts).
 *
 * File of libzstd (1.5.7, under `lib`) to its edits: what stands there, what shall stand there, how often.
 */
const EDITS = {
  // The bit stream of sequences.
  'common/bitstream.h': [
    [
      '    BitContainerType bitContainer;\n    unsigned bitPos;',
      '    U64 bitContainer;\n    unsigned bitPos;',
    ],
    ['BIT_getLowerBits(BitContainerType bitContainer,', 'BIT_getLowerBits(U64 bitContainer,'],
    ['BitContainerType BIT_getLowerBits', 'U64 BIT_getLowerBits'],
    ['BitContainerType value, unsigned nbBits', 'U64 value, unsigned nbBits', 4],
    ['MEM_writeLEST(bitC->ptr, bitC->bitContainer)', 'MEM_writeLE64(bitC->ptr, bitC->bitContainer)', 2],
  ],
  // How far a fast flush may write behind its end.
  'common/fse.h': [['+ sizeof(size_t) /* bitContainer */', '+ sizeof(U64) /* bitContainer */']],
  'compress/zstd_compress_sequences.c': [['MEM_32bits()', '0', 6]],
  // The Huffman code of literals.
  'common/huf.h': [
    ['typedef size_t HUF_CElt;', 'typedef U64 HUF_CElt;'],
    [
      '(HUF_CTABLE_SIZE_ST(maxSymbolValue) * sizeof(size_t))',
      '(HUF_CTABLE_SIZE_ST(maxSymbolValue) * sizeof(U64))',
    ],
    ['BYTE unused[sizeof(size_t) - 2];', 'BYTE unused[sizeof(U64) - 2];'],
  ],
  'compress/huf_compress.c': [
    ['static size_t HUF_getNbBitsFast(', 'static U64 HUF_getNbBitsFast('],
    ['static size_t HUF_getValue(', 'static U64 HUF_getValue('],
    ['elt & ~(size_t)0xFF', 'elt & ~(U64)0xFF'],
    ['static size_t HUF_getValueFast(', 'static U64 HUF_getValueFast('],
    ['HUF_setValue(HUF_CElt* elt, size_t value)', 'HUF_setValue(HUF_CElt* elt, U64 value)'],
    ['#define HUF_BITS_IN_CONTAINER (sizeof(size_t) * 8)', '#define HUF_BITS_IN_CONTAINER 64'],
    ['    size_t bitContainer[2];\n    size_t bitPos[2];', '    U64 bitContainer[2];\n    U64 bitPos[2];'],
    ['size_t const bitContainer = bitC->bitContainer[0]', 'U64 const bitContainer = bitC->bitContainer[0]'],
    ['MEM_writeLEST(bitC->ptr, bitContainer)', 'MEM_writeLE64(bitC->ptr, bitContainer)'],
    ['ZSTD_ALIGNOF(size_t)', 'ZSTD_ALIGNOF(U64)'],
    ['MEM_32bits()', '0', 2],
  ],
  // How long a match is.
  'compress/zstd_compress_internal.h': [
    ['pInLimit - (sizeof(size_t)-1)', 'pInLimit - (sizeof(U64)-1)'],
    [
      'size_t const diff = MEM_readST(pMatch) ^ MEM_readST(pIn)',
      'U64 const diff = MEM_read64(pMatch) ^ MEM_read64(pIn)',
      2,
    ],
    ['ZSTD_NbCommonBytes(diff)', '(ZSTD_countTrailingZeros64(diff) >> 3)', 2],
    ['pIn+=sizeof(size_t); pMatch+=sizeof(size_t);', 'pIn+=sizeof(U64); pMatch+=sizeof(U64);', 2],
    ['if (MEM_64bits() && (pIn<(pInLimit-3))', 'if ((pIn<(pInLimit-3))'],
  ],
}

/**
 * The flag by which clang reads the edited files in place of libzstd's own: cargo's sources stay untouched. `env` is
 * that of the build.
 */
export async function wideWords(env) {
  const lib = join(await zstdFolder(env), 'zstd/lib')
  const folder = join(cache, `zstd-words-${fingerprint('setup/zstd-words.mjs', 'Cargo.lock').slice(0, 16)}`)
  const roots = Object.entries(EDITS).map(([name, edits]) => {
    const edited = join(folder, basename(name))
    mkdirSync(dirname(edited), { recursive: true })
    writeFileSync(edited, edit(name, readFileSync(join(lib, name), 'utf8'), edits))
    return { name: join(lib, name), type: 'file', 'external-contents': edited }
  })
  const overlay = join(folder, 'overlay.json')
  // Includes are looked for beside the file that is replaced, not beside the one that replaces it.
  writeFileSync(overlay, JSON.stringify({ version: 0, 'use-external-names': false, roots }, null, 2))
  return `-ivfsoverlay '${overlay}'`
}

function edit(name, text, edits) {
  return edits.reduce((done, [from, to, times = 1]) => {
    const parts = done.split(from)
    if (parts.length === times + 1) return parts.join(to)
    throw new SetupError(
      `libzstd's ${name} has "${from}" ${parts.length - 1} times, not ${times}: this is another version than ` +
        'setup/zstd-words.mjs was written for. Fit its edits, or pin zstd-sys in Cargo.lock.',
    )
  }, text)
}

/** Where cargo keeps the sources of libzstd. */
async function zstdFolder(env) {
  const told = await must('cargo', ['metadata', '--format-version', '1', '--locked'], {
    env,
    quiet: true,
    why: 'Finding the sources of libzstd',
  })
  const { packages } = JSON.parse(told.slice(told.indexOf('{"packages"')))
  return dirname(packages.find(({ name }) => name === 'zstd-sys').manifest_path)
}
