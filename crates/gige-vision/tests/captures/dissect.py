#!/usr/bin/env python3
"""Writes what tshark reads in every capture of this folder beside it, one line a packet, and the names that it has for
numbers to names.tsv. Run it in this folder."""

import re
import subprocess
import xml.etree.ElementTree as xml
from pathlib import Path

HEADERS = 42  # Ethernet, IPv4, UDP
# A stream whose port tshark does not find out by itself.
DECODE_AS = {'r1-aravis-host-viva-fake-resend': ['-d', 'udp.port==50988,gvsp'], 'ours': ['-d', 'udp.port==50000,gvsp']}


def packets(pcap, options):
    command = ['tshark', '-r', pcap, '-T', 'pdml', *options]
    document = subprocess.run(command, check=True, capture_output=True).stdout
    return list(xml.fromstring(document))


class Protocol:
    def __init__(self, proto):
        self.fields = [f for f in proto.iter('field')]

    def get(self, name):
        return next(f for f in self.fields if f.get('name') == name).get('show')

    def hex(self, name, digits):
        return f'{int(self.get(name), 0):0{digits}x}'

    def words(self):
        """The 32-bit words of the body, read off the fields at their places."""
        found = {}
        length = int(self.get('gvcp.cmd.payloadlength'), 0)
        for field in self.fields:
            at = int(field.get('pos')) - HEADERS - 8
            value = field.get('unmaskedvalue') or field.get('value') or ''
            if 0 <= at < length and len(value) == 8:
                found[at] = value
        return [found[at] for at in sorted(found)]

    def text(self, name):
        return '"' + self.get('gvcp.bootstrap.' + name) + '"'


def command(p):
    number = int(p.get('gvcp.cmd.command'), 0)
    head = f'{NAMES[number]} flags={p.hex("gvcp.cmd.flags", 2)} {tail(p)}'
    if number == 0x04:
        forced = 'gvcp.cmd.forceip.'
        head += f' mac={p.get(forced + "macaddress")} ip={p.get(forced + "ip")}'
        head += f' mask={p.get(forced + "subnetmask")} gateway={p.get(forced + "defaultgateway")}'
    if number == 0x40:
        resend = 'gvcp.cmd.resend.'
        extended = int(p.get('gvcp.cmd.flags'), 0) & 0x10
        block = p.get(resend + ('extendedblockid' if extended else 'blockid'))
        head += f' channel={int(p.get(resend + "streamchannelindex"), 0)} block={int(block, 0)}'
        head += f' first={int(p.get(resend + "firstpacketid"), 0)} last={int(p.get(resend + "lastpacketid"), 0)}'
    if number == 0x80:
        head += f' addresses={",".join(p.words())}'
    if number == 0x82:
        words = p.words()
        head += f' writes={",".join(a + ":" + v for a, v in zip(words[::2], words[1::2]))}'
    if number == 0x84:
        head += f' address={p.words()[0]} count={int(p.get("gvcp.cmd.readmem.count"), 0)}'
    return head


def acknowledge(p):
    number = int(p.get('gvcp.ack'), 0)
    head = f'{NAMES[number]} status={p.hex("gvcp.cmd.status", 4)} {tail(p)}'
    if p.get('gvcp.cmd.payloadlength') == '0x0000':
        return head
    if number == 0x03:
        boot = 'gvcp.bootstrap.'
        head += f' version={int(p.get(boot + "specversion.major"), 0)}.{int(p.get(boot + "specversion.minor"), 0)}'
        head += f' mode={p.hex("gvcp.ack.discovery.devicemode", 8)} mac={p.get("gvcp.cmd.discovery.devicemacaddress")}'
        head += f' options={p.hex(boot + "supportedipconfig", 8)} current={p.hex(boot + "currentipconfig", 8)}'
        head += f' ip={p.get(boot + "currentip")} mask={p.get(boot + "currentsubnetmask")}'
        head += f' gateway={p.get(boot + "currentdefaultgateway")}'
        names = ['manufacturername', 'modelname', 'deviceversion', 'manufacturerspecificinfo', 'serialnumber']
        head += ''.join(' ' + p.text(name) for name in [*names, 'userdefinedname'])
    if number == 0x81:
        head += f' values={",".join(p.words())}'
    if number == 0x83:
        head += f' index={int(p.get("gvcp.cmd.writereg.dataindex"), 0)}'
    if number == 0x85:
        head += f' address={p.words()[0]}'
    if number == 0x87:
        head += f' index={int(p.get("gvcp.cmd.writemem.dataindex"), 0)}'
    if number == 0x89:
        head += f' ms={int(p.get("gvcp.ack.pendingack.timetocompletion"), 0)}'
    return head


def tail(p):
    return f'length={int(p.get("gvcp.cmd.payloadlength"), 0)} id={p.hex("gvcp.cmd.req_id", 4)}'


def stream(p):
    kind = int(p.get('gvsp.format'), 0)
    extended, kind = kind & 0x80, kind & 0x7F
    head = f'{FORMATS[kind]} status={p.hex("gvsp.status", 4)}'
    if extended:
        head += f' flags={p.hex("gvsp.flags", 4)} block={int(p.get("gvsp.blockid64"), 0)}'
        head += f' packet={int(p.get("gvsp.packetid32"), 0)}'
    else:
        head += f' block={int(p.get("gvsp.blockid16"), 0)} packet={int(p.get("gvsp.packetid24"), 0)}'
    if kind == 1:
        head += f' field={p.hex("gvsp.fieldinfo", 2)} timestamp={int(p.get("gvsp.timestamp"), 0)}'
        head += f' pixel={p.hex("gvsp.pixel", 8)}'
        for name in ['sizex', 'sizey', 'offsetx', 'offsety', 'paddingx', 'paddingy']:
            head += f' {name}={int(p.get("gvsp." + name), 0)}'
    if kind == 2:
        head += f' sizey={int(p.get("gvsp.sizey"), 0)}'
    if kind == 3:
        data = next(f for f in p.fields if f.get('name') == 'gvsp.payloaddata')
        head += f' bytes={data.get("size")}'
    return head


def lines(pcap):
    found = {}
    for options in [[], DECODE_AS.get(pcap.stem, [])]:
        for packet in packets(pcap, options):
            protocols = {p.get('name'): p for p in packet.iter('proto')}
            number = int(next(f for f in packet.iter('field') if f.get('name') == 'num').get('show'))
            port = next((f.get('show') for f in packet.iter('field') if f.get('name') == 'udp.dstport'), '')
            for name in ['gvcp', 'gvsp']:
                if name in protocols and (name == 'gvcp' or port != '3956'):
                    p = Protocol(protocols[name])
                    is_command = any(f.get('name') == 'gvcp.cmd.command' for f in p.fields)
                    line = stream(p) if name == 'gvsp' else command(p) if is_command else acknowledge(p)
                    found[number] = f'{number} {line}' + (' MALFORMED' if '_ws.malformed' in protocols else '')
    return [found[number] for number in sorted(found)]


def table(kind):
    text = subprocess.run(['tshark', '-G', kind], check=True, capture_output=True, text=True).stdout
    return [row.split('\t') for row in text.splitlines()]


VALUES = table('values')


def values(field):
    return {int(row[2], 0): row[3] for row in VALUES if row[0] == 'V' and row[1] == field}


NAMES = {**values('gvcp.cmd.command'), **values('gvcp.ack')}
FORMATS = values('gvsp.format')


def names():
    tables = {
        'code': NAMES,
        'status': values('gvcp.cmd.status'),
        'format': FORMATS,
        'payload': values('gvsp.payloadtype'),
        'register': values('gvcp.cmd.readreg.bootstrapregister'),
        'pixel': {n: name for n, name in values('gvsp.pixel').items() if re.match('(GVSP_)?(Mono|Bayer|RGB|BGR)', name)},
    }
    for kind, entries in tables.items():
        for number, name in sorted(entries.items()):
            yield f'{kind}\t{number:#x}\t{name}'
    for row in table('fields'):
        if row[0] == 'F' and row[3] == 'FT_BOOLEAN' and re.match(r'gvcp\.bootstrap\.(?!scz)', row[2]):
            yield f'bit\t{row[6]}\t{row[2].removeprefix("gvcp.bootstrap.")}'


if __name__ == '__main__':
    for pcap in sorted(Path('.').glob('*.pcap')):
        pcap.with_suffix('.txt').write_text('\n'.join(lines(pcap)) + '\n')
    Path('names.tsv').write_text('\n'.join(names()) + '\n')
