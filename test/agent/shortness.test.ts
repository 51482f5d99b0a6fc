import test from 'ava';
import { readyLab } from './lab.ts';

test('little memory and a disk that is almost full are said, and no longer when there is enough', async (t) => {
  const lab = await readyLab(t, { block: true });
  const notices = async () => (await lab.root('status', {})).notices.join(' ');
  t.notRegex(await notices(), /are left/);
  lab.twin.memory.available = 20_400_000;
  lab.twin.storage.available = 1_900_000;
  t.regex(await notices(), /Memory is short: 20 MB are left\..*The data partition is almost full: 1 MB are left\./);
  lab.twin.memory.available = 30_000_000;
  lab.twin.storage.available = 30_000_000;
  t.notRegex(await notices(), /are left/);
});
