/** The files that are read, by their name; the folder tells whose they are. */
export const roles = [
  'settings',
  'config',
  'customservices',
  'customnetworks',
  'custominterfaces',
  'serviceGroups',
  'addressGroups',
  'policy',
  'wireless',
] as const;

export type Role = (typeof roles)[number];

/** A path's file name, if it is one that an old firewall had. */
export const roleOf = (path: string): Role | null => {
  const name = path.split('/').at(-1) ?? '';
  return (roles as readonly string[]).includes(name) ? (name as Role) : null;
};

/** Old files, sorted: the folder of the rules, folders with objects only, and what is only told of. */
export type Sorted = { rules: string | null; objects: string[]; told: Map<string, string> };

/**
 * Finds the firewall among the folders of a whole backup: a folder is one if it holds rules or one of the files that nothing else
 * has. Of several with rules one is read: BOT's own before the rest.
 */
export const sortFolders = (files: Record<string, string>): Sorted => {
  const folders = new Map<string, string[]>();
  for (const path of Object.keys(files)) folders.set(folderOf(path), [...(folders.get(folderOf(path)) ?? []), path]);
  const own = ['customservices', 'customnetworks', 'custominterfaces', 'serviceGroups', 'addressGroups'];
  const names = (folder: string) => (folders.get(folder) ?? []).map((path) => roleOf(path) as string);
  const withRules = [...folders.keys()].filter((folder) => /^RULE,/m.test(files[join(folder, 'config')] ?? ''));
  const firewalls = [...folders.keys()].filter(
    (folder) =>
      withRules.includes(folder) ||
      names(folder).some((name) => own.includes(name)) ||
      /(^|\/)(fwrules|firewall)$/.test(folder) ||
      /^(ADMIN_MAC|ADV_MODE_ENABLE)=/m.test(files[join(folder, 'settings')] ?? ''),
  );
  const rules =
    [...(withRules.length > 0 ? withRules : firewalls)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0] ??
    null;
  const told = new Map<string, string>();
  const single = folders.size === 1;
  for (const [folder, paths] of folders) {
    const why =
      !firewalls.includes(folder) && !single
        ? otherFolder(folder)
        : withRules.includes(folder) && folder !== rules
          ? `These are other rules; those of ${rules || 'the top folder'} were taken. Import this folder by itself.`
          : null;
    for (const path of paths)
      if (why !== null || roleOf(path) === null) told.set(path, why ?? 'Greengate reads no file of this name.');
  }
  const objects = firewalls.filter((folder) => folder !== rules && !withRules.includes(folder)).sort();
  return { rules: rules ?? (single ? ([...folders.keys()][0] ?? null) : null), objects, told };
};

/** The folder part of a path; empty for none. */
export const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/');

/** A file of a folder. */
export const join = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

const rank = (folder: string): number => (/(^|\/)fwrules$/.test(folder) ? 0 : /(^|\/)firewall$/.test(folder) ? 1 : 2);

const others = new Map([
  ['portfw', 'Port forwarding'],
  ['xtaccess', 'External access'],
  ['dmzholes', 'DMZ pinholes'],
  ['wireless', 'BLUE'],
]);

const otherFolder = (folder: string): string => {
  const what = others.get(folder.split('/').at(-1) ?? '');
  return what === undefined
    ? 'This file is not of the firewall.'
    : `${what}: Greengate lets nothing in from RED and has no other networks.`;
};
