import { spawn } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { NODE, run, sleep, TOP } from '../appliance/lib/process.ts';

test('make dev shows the UI on a port of this machine, and leaves nothing behind', async (t) => {
  const child = spawn(NODE, ['--no-warnings', join(TOP, 'scripts/dev.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  let url = '';
  try {
    url = await eventually(() => /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0]);
    t.regex(said, /Set-up code\s+[0-9A-Z]{5}-[0-9A-Z]{5}/);
    const page = await eventually(() =>
      fetch(`${url}setup`).then(
        (answer) => answer.text(),
        () => undefined,
      ),
    );
    t.regex(page, /Set up Greengate/);
  } finally {
    child.kill('SIGINT');
  }
  const gone = await new Promise((done) => child.once('exit', () => done(true)));
  t.true(gone);
  await t.throwsAsync(fetch(url), undefined, 'the UI is gone, too');
  t.false(run(['ip', 'netns', 'list']).includes(`gga-${child.pid}-`));
});

async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, seconds = 60): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(200)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`Not seen within ${seconds} s.`);
}
