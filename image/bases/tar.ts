/** One entry of a tar archive; `data` is a view into the archive. `pax` holds the entry's extended header. */
export type TarEntry = {
  name: string;
  type: 'file' | 'directory' | 'symlink' | 'link' | 'other';
  mode: number;
  uid: number;
  gid: number;
  link: string;
  data: Buffer;
  pax: Record<string, string>;
};

/**
 * Reads ustar with PAX and GNU long-name headers, as Alpine's packages use it. An archive may stop without end blocks.
 * Throws when a header's checksum is wrong or an entry is cut short.
 */
export function readTar(archive: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let pax: Record<string, string> = {};
  let longName: string | undefined;
  for (let at = 0; at + 512 <= archive.length; ) {
    const header = archive.subarray(at, at + 512);
    if (header.every((byte) => byte === 0)) break;
    checkSum(header, at);
    const size = Number(pax.size ?? octal(header, 124, 12));
    const data = archive.subarray(at + 512, at + 512 + size);
    if (data.length < size) throw new Error(`tar entry at ${at} is cut short`);
    at += 512 + Math.ceil(size / 512) * 512;
    const flag = String.fromCharCode(header[156] as number);
    if (flag === 'x') pax = readPax(data);
    else if (flag === 'L') longName = text(data, 0, data.length);
    else if (flag !== 'g') {
      entries.push(entryOf(header, flag, data, pax, longName));
      pax = {};
      longName = undefined;
    }
  }
  return entries;
}

function entryOf(header: Buffer, flag: string, data: Buffer, pax: Record<string, string>, longName?: string): TarEntry {
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
  const short = text(header, 0, 100);
  const types: Record<string, TarEntry['type']> = {
    '0': 'file',
    '\0': 'file',
    '5': 'directory',
    '2': 'symlink',
    '1': 'link',
  };
  return {
    name: pax.path ?? longName ?? (prefix === '' ? short : `${prefix}/${short}`),
    type: types[flag] ?? 'other',
    mode: octal(header, 100, 8),
    uid: octal(header, 108, 8),
    gid: octal(header, 116, 8),
    link: pax.linkpath ?? text(header, 157, 100),
    data,
    pax,
  };
}

/** Records are `<length> <key>=<value>\n`, the length counting the whole record in bytes. */
function readPax(data: Buffer): Record<string, string> {
  const pax: Record<string, string> = {};
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number(data.toString('latin1', at, space));
    if (space < 0 || !(length > 0)) throw new Error('malformed PAX header');
    const record = data.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    pax[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return pax;
}

function checkSum(header: Buffer, at: number): void {
  let sum = 8 * 0x20;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  if (sum !== octal(header, 148, 8)) throw new Error(`tar header at ${at} has a wrong checksum`);
}

function octal(buffer: Buffer, at: number, length: number): number {
  return Number.parseInt(text(buffer, at, length).trim() || '0', 8);
}

function text(buffer: Buffer, at: number, length: number): string {
  const end = buffer.indexOf(0, at);
  return buffer.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}
