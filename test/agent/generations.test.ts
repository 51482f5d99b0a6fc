import { readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { attendTrial } from '../../src/agent/trial.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { ADMIN_MAC, addUser, type Lab, readyLab, refusal, VISITOR } from './lab.ts';

/** A box with a few generations; the last but one is returned: all of the handbook's example. */
const filled = async (t: ExecutionContext, block = true): Promise<{ lab: Lab; number: number }> => {
  const lab = await readyLab(t, { block });
  for (const edit of handbookEdits) await lab.web('policy.edit', { edit }, lab.token);
  const number = lab.box.generation.number;
  await lab.web('policy.edit', { edit: { do: 'deleteRule', id: 'r2' } }, lab.token);
  return { lab, number };
};

const onDisk = async (lab: Lab) => Number((await readlink(join(lab.data, 'current'))).replace('generations/', ''));

test('the list says who, when and what, and which one is in force', async (t) => {
  const { lab, number } = await filled(t);
  const { generations, revision } = await lab.web('generations.list', {}, lab.token);
  t.is(revision, number + 1);
  t.deepEqual(
    generations.map((one) => one.number),
    Array.from({ length: number + 1 }, (_, index) => number + 1 - index),
  );
  t.like(generations[0], { user: 'admin', what: 'deleted rule r2', damaged: false, inForce: true });
  t.like(generations[1], { what: 'added a rule: “WebAccess PCs can access the proxy”', inForce: false });
  t.true((generations[0]?.time ?? 0) > 1_700_000_000);
});

test('a viewer lists and compares, an operator too; neither restores', async (t) => {
  const { lab, number } = await filled(t);
  for (const role of ['viewer', 'operator'] as const) {
    const token = await addUser(lab, role, role);
    t.is((await lab.web('generations.list', {}, token)).revision, number + 1);
    const { differences, generation } = await lab.web('generations.diff', { number }, token);
    t.like(generation, { number, user: 'admin', inForce: false });
    t.deepEqual(differences, [
      'Rule 3 “WebAccess PCs can access the proxy” is added: WebAccess may use Greengate itself by GreengateProxy (TCP 800).',
    ]);
    t.is((await refusal(t, lab.web('generations.restore', { number }, token))).status, 403);
  }
  t.is(await onDisk(lab), number + 1);
});

test('restored: the older policy is a new generation, by whom, and says which one it was', async (t) => {
  const { lab, number } = await filled(t);
  const { policy: wanted } = await lab.web('generations.diff', { number }, lab.token);
  const changed = await lab.web('generations.restore', { number, revision: number + 1 }, lab.token);
  t.deepEqual(changed, { revision: number + 2, cut: 0, onTrial: false });
  t.deepEqual((await lab.root('policy.get', {})).policy, wanted);
  const { generations } = await lab.web('generations.list', {}, lab.token);
  t.regex(
    generations[0]?.what ?? '',
    new RegExp(`^restored generation ${number} of \\w{3} 20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d$`),
  );
  t.is(generations[0]?.user, 'admin');
  t.deepEqual((await lab.web('generations.diff', { number }, lab.token)).differences, []);
  t.is((await lab.root('audit.get', { limit: 1 })).lines[0]?.what, generations[0]?.what);
});

test('BOT stays on or off, blocked hosts stay those of now, and no id is given twice', async (t) => {
  const { lab, number } = await filled(t, true);
  await lab.root('policy.edit', { edit: { do: 'section', section: 'settings', value: { enabled: false } } });
  const off = lab.box.generation.number;
  await lab.root('policy.edit', {
    edit: { do: 'section', section: 'settings', value: { enabled: true, adminMac: ADMIN_MAC } },
  });
  await lab.web('policy.edit', { edit: { do: 'block', host: VISITOR, action: 'drop', until: null } }, lab.token);
  const { blocks, lastId } = lab.box.generation.policy;
  await lab.web('generations.restore', { number: off }, lab.token);
  t.true(lab.box.generation.policy.settings.enabled, 'no way around the password of “Disable BOT”');
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  t.deepEqual(lab.box.generation.policy.blocks, blocks);
  t.is(lab.box.generation.policy.lastId, lastId);
  await lab.root('policy.edit', { edit: { do: 'section', section: 'settings', value: { enabled: false } } });
  await lab.web('generations.restore', { number }, lab.token);
  t.false(lab.box.generation.policy.settings.enabled);
});

test('on another revision than the form’s nothing is restored', async (t) => {
  const { lab, number } = await filled(t);
  const refused = await refusal(t, lab.web('generations.restore', { number, revision: number }, lab.token));
  t.is(refused.status, 409);
  t.regex(refused.message, /Somebody else saved a change meanwhile/);
  t.is(await onDisk(lab), number + 1);
});

test('a restored generation is on trial; what is on trial is in no list, and comes back by nobody’s wish', async (t) => {
  const { lab, number } = await filled(t);
  lab.trials = true;
  lab.box.trials = true;
  lab.opened = () => lab.time.now - 10;
  const changed = await lab.web('generations.restore', { number }, lab.token);
  t.true(changed.onTrial);
  t.deepEqual([lab.twin.held?.generation, await onDisk(lab)], [changed.revision, number + 1]);
  const { generations, revision } = await lab.web('generations.list', {}, lab.token);
  t.is(revision, changed.revision);
  t.is(generations[0]?.number, number + 1);
  t.false(generations.some(({ inForce }) => inForce));
  t.is((await refusal(t, lab.web('generations.diff', { number: changed.revision }, lab.token))).status, 404);
  const eve = await addUser(lab, 'eve', 'administrator');
  t.regex((await refusal(t, lab.web('generations.restore', { number }, eve))).message, /on trial for \d+ more seconds/);
  lab.time.now += 90;
  await attendTrial(lab.box);
  t.deepEqual([lab.twin.held?.generation, await onDisk(lab)], [number + 1, number + 1]);
});

test('root’s own is kept at once', async (t) => {
  const { lab, number } = await filled(t);
  lab.box.trials = true;
  t.false((await lab.root('generations.restore', { number })).onTrial);
  t.is(await onDisk(lab), number + 2);
});

test('what is not there, in force already, damaged, or no policy now is refused in words', async (t) => {
  const { lab, number } = await filled(t);
  const restore = (which: number) => refusal(t, lab.web('generations.restore', { number: which }, lab.token));
  t.like(await restore(999), { status: 404, message: 'There is no generation 999, or it is kept no longer.' });
  t.like(await restore(number + 1), { status: 409, message: `Generation ${number + 1} is in force already.` });
  await writeFile(join(lab.data, `generations/${number}/policy.json`), '{}');
  t.regex((await restore(number)).message, /damaged/);
  t.is((await refusal(t, lab.web('generations.diff', { number }, lab.token))).status, 404);
  const { generations } = await lab.web('generations.list', {}, lab.token);
  t.deepEqual(
    generations.filter(({ damaged }) => damaged).map((one) => one.number),
    [number],
  );
  lab.twin.checkProblems = [{ place: 'rules/0', owner: 'Mail', message: 'The kernel would not take this.' }];
  t.is((await restore(number - 1)).status, 422);
  t.is(await onDisk(lab), number + 1);
});
