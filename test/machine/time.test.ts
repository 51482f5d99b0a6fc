import test from 'ava';
import { parseSources, parseTracking } from '../../src/machine/time.ts';

test('chronyc’s tracking: followed, set by hand, not known', (t) => {
  const followed =
    '0A090002,10.9.0.2,4,1795392000.123456789,-0.000012345,0.000010000,0.000020000,1.5,0.001,0.2,0.0001,0.0002,64.2,Normal\n';
  t.deepEqual(parseTracking(followed), {
    state: 'synchronised',
    source: '10.9.0.2',
    stratum: 4,
    offset: 0.000012345,
  });
  t.is(parseTracking(followed.replace('0A090002,10.9.0.2', '7F7F0101,')).state, 'by hand');
  t.is(parseTracking(followed.replace('Normal', 'Not synchronised')).state, 'not synchronised');
  t.is(parseTracking(followed.replace('10.9.0.2', 'a,b')).state, 'not synchronised', 'its fields moved');
  t.is(parseTracking('506 Cannot talk to daemon\n').state, 'not synchronised');
});

test('chronyc’s sources in words', (t) => {
  const lines = [
    '^,*,10.9.0.2,3,6,377,20,-0.000021,-0.000030,0.0002',
    '^,x,10.9.0.3,2,6,377,20,86400.5,86400.5,0.0002',
    '^,?,10.9.0.4,0,6,0,4294967295,0.0,0.0,0.0',
    '^,*,a,b,3,6,377,20,-0.000021,-0.000030,0.0002',
    '^,*,10.9.0.5,3,6,377,20,none',
    '',
  ];
  t.deepEqual(parseSources(lines.join('\n')), [
    { address: '10.9.0.2', word: 'followed', stratum: 3, offset: -0.000021 },
    { address: '10.9.0.3', word: 'disagrees with the others', stratum: 2, offset: 86400.5 },
    { address: '10.9.0.4', word: 'no answer', stratum: 0, offset: null },
  ]);
});
