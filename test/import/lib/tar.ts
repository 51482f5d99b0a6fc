/** A tar archive of these files; `type` and `link` for what an attacker would put in. */
export const tar = (
  files: Record<string, string | Buffer>,
  { type = '0', size }: { type?: string; size?: number } = {},
): Buffer => {
  const blocks: Buffer[] = [];
  for (const [path, content] of Object.entries(files)) {
    const body = Buffer.from(content as string);
    const header = Buffer.alloc(512);
    header.write(path, 0, 100, 'latin1');
    header.write('0000644\0', 100);
    header.write(`${(size ?? body.length).toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(type, 156);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
};
