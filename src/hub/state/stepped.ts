import type { Stretch } from '#historian/reading/stretch.ts';

/**
 * Lets what the historian calculates step by step, from what lies on its disk, take what comes from a database by and by.
 * @param calculated from the stretches; takes one a step at most
 * @param atOnce whether it may take them all in one step
 */
export async function* stepped<T, R>(
  source: AsyncIterable<Stretch>,
  calculated: (stretches: () => Iterable<Stretch>) => Iterable<T, R>,
  atOnce = false,
): AsyncGenerator<T, R> {
  const coming: Stretch[] = [];
  const stretches = source[Symbol.asyncIterator]();
  const more = async (): Promise<boolean> => {
    const { value, done } = await stretches.next();
    if (!done) coming.push(value);
    return !done;
  };
  const walk = calculated(function* () {
    for (let next = coming.shift(); next; next = coming.shift()) yield next;
  })[Symbol.iterator]();
  if (atOnce) while (await more());
  for (;;) {
    if (coming.length === 0) await more();
    const step = walk.next();
    if (step.done) return step.value;
    yield step.value;
  }
}
