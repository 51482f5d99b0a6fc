import { isMac } from '../policy/address.ts';
import { type Line, say } from './lines.ts';
import type { Setting } from './settle.ts';

/** What a settings file says. `advanced` null: it does not say whether advanced mode was on. */
export type OldSettings = { settings: Setting[]; advanced: boolean | null };

/** `KEY=value` lines, the value perhaps in single quotes. `keep`: settings of this box stay, so that lines are only told. */
export const readSettings = (lines: Line[], keep: boolean): OldSettings => {
  const found: OldSettings = { settings: [], advanced: null };
  for (const line of lines) {
    if (!line.open) continue;
    const parts = /^\s*([A-Za-z0-9_]+)\s*=(.*)$/.exec(line.text);
    if (parts === null) {
      say(line, 'refused', 'A setting is written KEY=value.');
      continue;
    }
    const key = (parts[1] ?? '').toUpperCase();
    const value = (parts[2] ?? '')
      .trim()
      .replace(/^(['"])(.*)\1$/, '$2')
      .trim();
    const advanced = key === 'ADV_MODE_ENABLE' && /^(on|off)$/i.test(value) ? value.toLowerCase() === 'on' : null;
    if (advanced !== null) found.advanced = advanced;
    const setting = settingOf(key, value);
    if (typeof setting === 'string') say(line, setting.startsWith('Greengate knows') ? 'refused' : 'note', setting);
    else if (keep) say(line, 'note', 'The settings of this box stay as they are.');
    else if (found.settings.some(({ field }) => field === setting.field))
      say(line, 'refused', 'This setting stands in these files already.');
    else {
      found.settings.push({ ...setting, line });
      say(line, 'imported', setting.why);
    }
  }
  return found;
};

type Read = Pick<Setting, 'field' | 'value'> & { why: string };

/** Key names of BOT are known in part only: those of its port, its action and its switch are read by what they say. */
const settingOf = (key: string, value: string): Read | string => {
  const on = /^on$/i.test(value);
  const flag = on || /^off$/i.test(value);
  if (key === 'ADMIN_MAC')
    return value === ''
      ? 'No Admin MAC was set.'
      : isMac(value)
        ? { field: 'adminMac', value, why: 'The Admin MAC.' }
        : 'This is no MAC address that one PC can have: set the Admin MAC anew.';
  if (key === 'CON_STATE' && flag) return { field: 'connectionState', value: on, why: 'Connection state.' };
  if (key === 'DEFAULT_LOG' && flag) return { field: 'logging', value: on, why: 'Logging of what matches no rule.' };
  if (key === 'ADV_MODE_ENABLE' && flag) return { field: 'advancedMode', value: on, why: 'Advanced mode.' };
  if (/^(HTTPS|GUI|ADMIN|BOT_HTTPS)_?PORT$/.test(key))
    return { field: 'uiPort', value, why: 'The port of the user interface.' };
  if (/(ACTION|DENY|TARGET|POLICY)/.test(key) && /^(drop|reject)$/i.test(value))
    return { field: 'defaultDeny', value: value.toLowerCase(), why: 'What happens to what matches no rule.' };
  if (/^(BOT_?)?ENABLED?(_BOT)?$|^BOT(_ENABLED?)?$/.test(key)) return 'An import neither enables nor disables BOT.';
  if (key === 'SHOW_COLORS') return 'Greengate always shows the colours.';
  if (key === 'USE_ADMIN_MAC')
    return on
      ? 'Greengate asks for the Admin MAC anyway.'
      : 'The old box let whole networks administer it; here the Admin MAC and further administrators are named one by one.';
  if (/^ADMIN_[A-Z]+(_\d+)?$/.test(key))
    return 'The old box let whole networks administer it; here the Admin MAC and further administrators are named one by one.';
  return `Greengate knows no setting that matches ${key.slice(0, 40)}.`;
};

/** What the `policy` file of IPCop 2 says of Green; null when it says nothing. */
export type GreenPolicy = { access: 'open' | 'half-open' | 'closed'; line: Line };

/** Lines of IPCop 2's `policy`: interface, open|half-open|closed, log, drop|reject, address filter, log broadcasts. */
export const readPolicyFile = (lines: Line[], keep: boolean, found: OldSettings): GreenPolicy | null => {
  let green: GreenPolicy | null = null;
  for (const line of lines) {
    if (!line.open) continue;
    const [network = '', access = '', log = '', action = ''] = line.text
      .split(',')
      .map((one) => one.trim().toLowerCase());
    if (!/^(open|half-open|closed)$/.test(access)) say(line, 'refused', 'A policy is open, half-open or closed.');
    else if (!/^green(_?1)?$/.test(network))
      say(line, 'note', 'Greengate has GREEN and RED only; RED may open nothing here.');
    else if (green !== null) say(line, 'refused', 'The policy of Green stands in these files already.');
    else {
      green = { access: access as GreenPolicy['access'], line };
      say(line, 'imported', '');
      if (keep) continue;
      if (/^(on|off)$/.test(log)) found.settings.push({ field: 'logging', value: log === 'on', line });
      if (/^(drop|reject)$/.test(action)) found.settings.push({ field: 'defaultDeny', value: action, line });
    }
  }
  return green;
};
