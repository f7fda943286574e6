import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBad, isGood, isLost, isStandIn, Quality, qualityName, worseQuality } from '#kernel/quality.ts';

test('the class is in the two upper bits, as in an OPC UA StatusCode', () => {
  assert.ok(isGood(Quality.goodLocalOverride));
  assert.ok(!isGood(Quality.uncertain) && !isBad(Quality.uncertain));
  assert.ok(isBad(Quality.badTimeout));
  assert.ok(isBad(0xc000), 'the reserved class is not usable');
});

test('the worse class wins, the earlier reason on a tie', () => {
  assert.equal(worseQuality(Quality.uncertain, Quality.badTimeout), Quality.badTimeout);
  assert.equal(worseQuality(Quality.badTimeout, Quality.badSensorFailure), Quality.badTimeout);
  assert.equal(worseQuality(Quality.good, Quality.goodLocalOverride), Quality.good);
});

test('lost is what tells of the way to the device, not of one value', () => {
  assert.ok(isLost(Quality.badNotConnected) && isLost(Quality.badTimeout));
  assert.ok(!isLost(Quality.badSensorFailure) && !isLost(Quality.badDecoding) && !isLost(Quality.bad));
  assert.ok(!isLost(Quality.uncertainLastUsable) && !isLost(Quality.good));
});

test('a value that was kept, substituted or simulated stands in for one that was measured', () => {
  for (const quality of [Quality.uncertainLastUsable, Quality.uncertainSubstitute, 0x408f, 0x4092, 0x4209])
    assert.ok(isStandIn(quality));
  for (const quality of [Quality.good, Quality.uncertain, Quality.uncertainRangeExceeded, Quality.badTimeout])
    assert.ok(!isStandIn(quality));
});

test('a device status that has no name here keeps its code', () => {
  assert.equal(qualityName(Quality.badTimeout), 'badTimeout');
  assert.equal(qualityName(0x80ff), 'bad(0x80ff)');
});
