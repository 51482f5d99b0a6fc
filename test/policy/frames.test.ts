import test from 'ava';
import fc from 'fast-check';
import {
  FOREVER,
  frameIntervals,
  HORIZON_DAYS,
  holdsAt,
  inForce,
  nextSwitch,
  ruleIntervals,
} from '../../src/policy/frames.ts';
import type { Frame } from '../../src/policy/schema.ts';

/** Frames by the clock on the wall. Every moment here is written in UTC; Berlin is one hour ahead in winter, two in summer. */
const at = (text: string) => Date.parse(`${text}Z`) / 1000;
const week = (days: number[], start: string, end: string): Frame => ({ days: { kind: 'week', days }, start, end });
const month = (from: number, to: number): Frame => ({
  days: { kind: 'month', from, to },
  start: '00:00',
  end: '00:00',
});
const BERLIN = 'Europe/Berlin';

test('a frame over midnight belongs to the day it started', (t) => {
  const friday = week([5], '22:00', '06:00');
  t.true(inForce(friday, 'UTC', at('2026-11-27T23:00')));
  t.true(inForce(friday, 'UTC', at('2026-11-28T05:59')), 'Saturday morning is Friday’s night');
  t.false(inForce(friday, 'UTC', at('2026-11-28T06:00')));
  t.false(inForce(friday, 'UTC', at('2026-11-27T05:00')), 'Friday morning is Thursday’s night');
});

test('a frame follows the zone of the box', (t) => {
  const morning = week([1], '08:00', '09:00');
  t.true(inForce(morning, BERLIN, at('2026-11-23T07:00')));
  t.false(inForce(morning, BERLIN, at('2026-11-23T08:00')));
  t.true(inForce(morning, 'America/New_York', at('2026-11-23T13:30')));
});

test('a frame follows the change of clocks', (t) => {
  const daily = week([0, 1, 2, 3, 4, 5, 6], '08:00', '17:00');
  t.true(inForce(daily, BERLIN, at('2026-03-28T07:00')), 'winter: UTC+1');
  t.true(inForce(daily, BERLIN, at('2026-03-29T06:00')), 'summer: UTC+2');
  t.false(inForce(daily, BERLIN, at('2026-03-29T15:00')));
});

test('a time that the change of clocks leaves out is the moment after it; one that comes twice is the longer frame', (t) => {
  const night = week([0], '02:30', '02:45');
  // 29 March 2026: 02:00 is followed by 03:00 in Berlin.
  t.true(inForce(night, BERLIN, at('2026-03-29T01:30')));
  // 25 October 2026: 02:30 comes twice; the frame spans both.
  t.true(inForce(night, BERLIN, at('2026-10-25T00:30')));
  t.true(inForce(night, BERLIN, at('2026-10-25T01:44')));
  t.false(inForce(night, BERLIN, at('2026-10-25T01:45')));
});

test('equal times mean the whole day, and neighbouring days are one interval', (t) => {
  const weekend = week([0, 6], '00:00', '00:00');
  const [first] = frameIntervals(weekend, 'UTC', at('2026-11-23T00:00')).filter(
    ([from]) => from > at('2026-11-23T00:00'),
  );
  t.deepEqual(first, [at('2026-11-28T00:00'), at('2026-11-30T00:00')]);
});

test('days of the month may wrap', (t) => {
  const turn = month(25, 5);
  t.true(inForce(turn, 'UTC', at('2026-11-25T00:00')));
  t.true(inForce(turn, 'UTC', at('2026-12-05T23:59')));
  t.false(inForce(turn, 'UTC', at('2026-12-06T00:00')));
  t.false(inForce(turn, 'UTC', at('2026-11-24T23:59')));
});

test('the next switch is told', (t) => {
  const frame = week([1, 2, 3, 4, 5], '08:00', '17:00');
  t.is(nextSwitch(frame, 'UTC', at('2026-11-23T09:00')), at('2026-11-23T17:00'));
  t.is(nextSwitch(frame, 'UTC', at('2026-11-27T18:00')), at('2026-11-30T08:00'));
});

test('where nothing can be known, accepts are closed and denials hold', (t) => {
  const now = at('2026-11-23T12:00');
  const frame = week([0, 1, 2, 3, 4, 5, 6], '00:00', '00:00');
  const [accept, drop] = (['accept', 'drop'] as const).map((action) =>
    ruleIntervals({ action, frame, expires: null }, 'UTC', now),
  );
  for (const unknown of [0, at('1970-01-05T00:00'), now + (HORIZON_DAYS + 2) * 86_400, FOREVER - 1]) {
    t.false(holdsAt(accept ?? null, unknown));
    t.true(holdsAt(drop ?? null, unknown));
  }
});

test('an expired rule never holds, whatever the clock says later; one that accepts not before it was made', (t) => {
  const now = at('2026-11-23T12:00');
  const drop = ruleIntervals({ action: 'drop', frame: null, expires: now + 1800 }, 'UTC', now);
  const accept = ruleIntervals({ action: 'accept', frame: null, expires: now + 1800 }, 'UTC', now);
  t.true(holdsAt(drop, 0));
  t.true(holdsAt(drop, now + 1799));
  t.false(holdsAt(drop, now + 1800));
  t.false(holdsAt(accept, 0));
  t.true(holdsAt(accept, now));
  t.false(holdsAt(accept, FOREVER - 1));
  t.is(ruleIntervals({ action: 'accept', frame: null, expires: null }, 'UTC', now), null);
});

test('the two days before the compile begin in the night of the day before them', (t) => {
  const friday = week([5], '22:00', '06:00');
  const now = at('2026-11-30T03:00');
  const intervals = ruleIntervals({ action: 'drop', frame: friday, expires: null }, 'UTC', now);
  t.true(holdsAt(intervals, at('2026-11-28T03:00')));
  t.false(holdsAt(intervals, at('2026-11-28T06:00')));
});

test('intervals are in order and apart, and say at each moment what the clock on the wall says', (t) => {
  const minutes = fc.integer({ min: 0, max: 1439 });
  const clock = (value: number) =>
    `${String(Math.floor(value / 60)).padStart(2, '0')}:${String(value % 60).padStart(2, '0')}`;
  const zones = fc.constantFrom('UTC', BERLIN, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  const days = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 });
  fc.assert(
    fc.property(zones, days, minutes, minutes, fc.integer({ min: 0, max: 390 * 1440 }), (zone, on, from, to, later) => {
      const now = at('2026-11-23T12:00');
      const frame = week(on, clock(from), clock(to));
      const intervals = frameIntervals(frame, zone, now);
      intervals.forEach(([start, end], index) => {
        if (start >= end || (intervals[index + 1]?.[0] ?? FOREVER) <= end) throw new Error('not in order');
      });
      const moment = now + later * 60;
      const wall = onWall(zone, moment);
      // Around a change of clocks the wall alone cannot tell.
      if (wall.shift !== onWall(zone, moment - 86_400).shift || wall.shift !== onWall(zone, moment + 86_400).shift)
        return true;
      const whole = from === to;
      const overnight = to < from;
      const today = on.includes(wall.day) && wall.minute >= from && (whole || overnight || wall.minute < to);
      const yesterday = on.includes((wall.day + 6) % 7) && (overnight || whole) && wall.minute < to;
      return holdsAt(intervals, moment) === (today || yesterday);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

/** Day of the week and minute of the day that a clock in the zone shows, and what it is ahead of UTC. */
function onWall(zone: string, moment: number): { day: number; minute: number; shift: number } {
  const text = new Date(moment * 1000).toLocaleString('sv-SE', { timeZone: zone });
  const wall = Date.parse(`${text.replace(' ', 'T')}Z`) / 1000;
  const date = new Date(wall * 1000);
  return { day: date.getUTCDay(), minute: date.getUTCHours() * 60 + date.getUTCMinutes(), shift: wall - moment };
}
