import { fillMany } from './fill.ts';
import { readyUi } from './ui.ts';

/**
 * How long the rule list takes with 2 000 rules and 1 000 addresses, from request to the last byte, through agent and browser's HTTP, and how
 * large it is. `node test/web/rule-list-times.ts`
 */
const ends: (() => Promise<void> | void)[] = [];
const ui = await readyUi({ teardown: (end) => void ends.unshift(end) });
try {
  await fillMany(ui, 1000);
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  const twice = policy.rules.flatMap((rule, index) => [
    { ...rule, heading: `Floor ${Math.floor(index / 20)}` },
    { ...rule, id: `s${index}`, heading: `Floor ${Math.floor(index / 20)}`, action: 'drop' as const, log: true },
  ]);
  await ui.edit({ do: 'replace', value: { ...policy, rules: twice } });
  for (const path of ['', '?page=40', '?q=workplace+99', '?host=10.1.2.7', '?service=25&state=on']) {
    const times: number[] = [];
    for (let round = 0; round < 11; round += 1) {
      const start = performance.now();
      await ui.admin.get(`/firewall/bot${path}`);
      times.push(performance.now() - start);
    }
    const [least = 0] = times.sort((a, b) => a - b);
    const size = Buffer.byteLength(ui.admin.page.html);
    console.log(`/firewall/bot${path}: least ${least.toFixed(0)} ms, median ${times[5]?.toFixed(0)} ms, ${size} bytes`);
  }
} finally {
  for (const end of ends) await end();
}
