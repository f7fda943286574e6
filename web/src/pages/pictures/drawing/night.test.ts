import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitted, moved, zoomed } from './box.ts';
import { nightOf } from './night.ts';

test('what is light by day is dark by night, and keeps its hue', () => {
  assert.equal(nightOf('#ffffff'), '#181818');
  assert.equal(nightOf('#000'), '#ffffff');
  assert.equal(nightOf('rgb(255, 0, 0)'), '#ff0c0c');
  for (const other of ['none', 'url(#a)', 'currentColor', 'red']) assert.equal(nightOf(other), undefined);
});

const whole = { x: 0, y: 0, width: 1200, height: 600 };

test('no zooming and no dragging loses the drawing out of sight', () => {
  const step = fc.record({
    factor: fc.double({ min: 0.1, max: 10, noNaN: true }),
    x: fc.double({ min: 0, max: 1200, noNaN: true }),
    y: fc.double({ min: 0, max: 600, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let view = whole;
      for (const { factor, x, y } of steps) {
        view = zoomed(view, whole, factor, { x, y });
        view = moved(view, whole, x - 600, y - 300);
        assert.ok(view.x >= -1e-6 && view.x + view.width <= 1200 + 1e-6, JSON.stringify(view));
        assert.ok(view.y >= -1e-6 && view.y + view.height <= 600 + 1e-6, JSON.stringify(view));
        assert.ok(view.width >= 12 - 1e-6);
      }
    }),
  );
});

test('all of a drawing fits a window of any shape, in its middle', () => {
  assert.deepEqual(fitted(whole, 2), whole);
  assert.deepEqual(fitted(whole, 1), { x: 0, y: -300, width: 1200, height: 1200 });
  assert.deepEqual(fitted(whole, 4), { x: -600, y: 0, width: 2400, height: 600 });
});
