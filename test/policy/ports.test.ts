import test from 'ava';
import { parsePorts } from '../../src/policy/ports.ts';

const reads = test.macro((t, given: string, expected: [number, number][] | null) =>
  t.deepEqual(parsePorts(given), expected),
);
test('one port', reads, '25', [[25, 25]]);
test('a range, either way', reads, '8000:8080', [[8000, 8080]]);
test('a list, sorted and merged', reads, '443, 80, 81-90, 85-100', [
  [80, 100],
  [443, 443],
]);
test('open at the top', reads, '1024-', [[1024, 65535]]);
test('open at the bottom', reads, '-1023', [[1, 1023]]);
test('a star is everything', reads, '*', [[1, 65535]]);
test('port 0 is none', reads, '0', null);
test('65536 is none', reads, '65536', null);
test('a range backwards is none', reads, '90-80', null);
test('nothing is none', reads, '', null);
test('a bare dash is none', reads, '-', null);
test('a word is none', reads, 'http', null);
