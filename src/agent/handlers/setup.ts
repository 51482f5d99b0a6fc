import { parsePolicy } from '../../policy/parse.ts';
import type { Policy } from '../../policy/schema.ts';
import { FIRST, isForgotten, leavesNobody } from '../accounts.ts';
import type { Verbs } from '../api.ts';
import type { Box } from '../box.ts';
import { visitorOf } from '../caller.ts';
import { changeNow } from '../change.ts';
import { attendConsole } from '../console.ts';
import { hashPassword, passwordFault } from '../passwords.ts';
import type { User } from '../ports.ts';
import { fieldRefusal, Refusal } from '../refusal.ts';
import type { Handlers } from '../verbs.ts';
import { assignNics, consolePasswordFault, rolesOf } from './box.ts';

/** First use, and the way back in after the console forgot the password. */
export const setupHandlers: Handlers<'setup.status' | 'setup.check' | 'setup.finish'> = {
  'setup.status': async (box) => {
    await attendConsole(box);
    const needed = leavesNobody(await box.store.users());
    const reason = !needed ? null : box.generation.setUp ? 'reset' : 'first';
    return { needed, reason, hostname: box.generation.policy.network.hostname };
  },
  'setup.check': async (box, { code, visitor }) => {
    await requireCode(box, code, visitor ?? '');
    const nics = await box.machine.nics();
    return { nics, ...rolesOf(nics), timezones: await timezonesOf(box) };
  },
  'setup.finish': async (box, input) => {
    const visitor = visitorOf(input.visitor);
    await requireCode(box, input.code, visitor);
    const fault = passwordFault(input.password);
    if (fault !== null) throw fieldRefusal(422, 'password', fault);
    const hash = await hashPassword(input.password);
    await box.lock(async () => {
      const users = await box.store.users();
      if (!leavesNobody(users)) throw new Refusal(409, 'Set-up is finished already. Log in.');
      // The generation first: a power loss between the two asks for a password again, instead of leaving a box closed for ever.
      if (!box.generation.setUp) await firstUse(box, input, visitor);
      const first: User = { name: FIRST, role: 'administrator', hash, totp: null, tokens: [] };
      await box.store.setUsers([first, ...users.filter((user) => !isForgotten(user))]);
      await box.code.withdraw();
      await box.sessions.dropUser(FIRST);
    });
    await box.store.audit({ user: FIRST, what: 'finished set-up and logged in', visitor }).catch(console.error);
    return box.sessions.grant(FIRST, visitor);
  },
};

/** Refuses unless set-up is to be done and this is the console's code. */
const requireCode = async (box: Box, code: string, visitor: string): Promise<void> => {
  if (!leavesNobody(await box.store.users())) throw new Refusal(409, 'Set-up is finished already. Log in.');
  const right = await box.throttle.attempt(`setup ${visitorOf(visitor)}`, () => box.code.check(code));
  if (!right) throw fieldRefusal(403, 'code', 'This is not the code. The console of the box shows it.');
};

/** The machine's own list leaves UTC out. */
const timezonesOf = async (box: Box): Promise<string[]> => [...new Set(['UTC', ...(await box.machine.timezones())])];

type FinishInput = Verbs['setup.finish']['in'];

const firstUse = async (box: Box, input: FinishInput, visitor: string): Promise<void> => {
  if (input.timezone !== undefined && !(await timezonesOf(box)).includes(input.timezone))
    throw fieldRefusal(422, 'timezone', 'This time zone is not known. Choose one of the list.');
  const consoleFault = input.consolePassword === undefined ? null : consolePasswordFault(input.consolePassword);
  if (consoleFault !== null) throw fieldRefusal(422, 'consolePassword', consoleFault);
  const block = input.block ?? true;
  const adminMac = block ? ((await box.machine.neighbours()).get(visitor) ?? '') : '';
  if (block && adminMac === '')
    throw fieldRefusal(
      422,
      'block',
      'Greengate does not see the MAC address of this computer, so that nobody could reach this page afterwards. Connect it to GREEN directly, or leave blocking for later.',
    );
  if (input.green !== undefined && input.red !== undefined) await assignNics(box, input.green, input.red);
  if (input.consolePassword !== undefined) await box.secrets.setConsolePassword(input.consolePassword);
  await changeNow(box, {
    user: FIRST,
    what: block ? 'finished set-up: block outgoing traffic' : 'finished set-up: open until BOT is enabled',
    setUp: true,
    mayDisable: true,
    edit: (policy) => {
      const parsed = parsePolicy(firstPolicy(policy, { block, adminMac, timezone: input.timezone }));
      return parsed.ok ? { ok: true, at: '', policy: parsed.value } : { ...parsed, at: '' };
    },
  });
};

const firstPolicy = (
  policy: Policy,
  { block, adminMac, timezone }: { block: boolean; adminMac: string; timezone: string | undefined },
): Policy => ({
  ...policy,
  settings: { ...policy.settings, enabled: block, adminMac: adminMac || policy.settings.adminMac },
  network: { ...policy.network, timezone: timezone ?? policy.network.timezone },
});
