import { nameOf } from '../caller.ts';
import { fieldRefusal } from '../refusal.ts';
import type { Handlers } from '../verbs.ts';

/** The clock, and the keys by which SSH's clients know the box. */
export const timeHandlers: Handlers<'time.get' | 'clock.set' | 'ssh.fingerprints'> = {
  'time.get': async (box) => ({ ...(await box.machine.time()), time: box.clock() }),
  'clock.set': async (box, { time }, caller) => {
    const { state, earliest } = await box.machine.time();
    if (state === 'synchronised')
      throw fieldRefusal(422, 'time', 'A time server answers: the clock follows it, and cannot be set by hand.');
    if (time < earliest)
      throw fieldRefusal(422, 'time', 'This is before Greengate was built. Look at date and year again.');
    if (time > LATEST) throw fieldRefusal(422, 'time', 'This is too far in the future. Look at the year again.');
    await box.machine.setClock(time);
    // After: the audit log's own time is the new one.
    await box.store.audit({ user: nameOf(caller), what: 'set the clock by hand' }).catch(console.error);
    return {};
  },
  'ssh.fingerprints': async (box) => ({ keys: await box.machine.sshFingerprints() }),
};

/** The year 2100, in seconds since the epoch. */
const LATEST = 4_102_444_800;
