import { among } from '#contract/expand.ts';
import type { Located } from '#contract/load.ts';
import type { PictureModel, Problem, Where } from '#contract/model.ts';
import type { PictureBinding } from '#contract/pictures.ts';
import { readPicture } from '#edge/pictures/folder.ts';
import { Fault } from '#kernel/fault.ts';

/** What is wrong with a binding in view of the drawing. */
export interface Misfit {
  readonly element: string;
  readonly message: string;
  readonly hint: string;
}

/** Elements that a site file names and the drawing has not, or that are of a kind that cannot show it. */
export function misfits(
  bindings: { readonly [element: string]: PictureBinding },
  elements: ReadonlyMap<string, string>,
): Misfit[] {
  return Object.entries(bindings).flatMap(([element, { value, level }]) => {
    const kind = elements.get(element);
    if (kind === undefined) {
      const message = `the drawing has no element ${element}`;
      return [{ element, message, hint: among(element, elements.keys(), 'ids in the drawing') }];
    }
    if (value && kind !== 'text' && kind !== 'tspan')
      return [
        { element, message: `${element} is a ${kind}, and shows no value`, hint: 'give a text that id' },
      ];
    if (level && kind !== 'rect')
      return [
        { element, message: `${element} is a ${kind}, and shows no level`, hint: 'give a rect that id' },
      ];
    return [];
  });
}

/** What the drawings say against a site file, by line and column of it. Never throws. */
export async function pictureProblems(
  pictures: readonly PictureModel[],
  folder: string,
  located: Located,
): Promise<Problem[]> {
  const all = pictures.map(async ({ id, file, bindings, where }): Promise<Problem[]> => {
    try {
      const { elements } = await readPicture(folder, file);
      return misfits(bindings, elements).map(({ element, message, hint }) =>
        problem(located, [...where, 'bindings', element], message, hint),
      );
    } catch (error) {
      const { message, hint } = Fault.from(error, 'picture.unreadable', `the drawing ${file}`);
      return [problem(located, ['pictures', id], `the picture ${id} cannot be shown: ${message}`, hint)];
    }
  });
  return (await Promise.all(all)).flat();
}

const problem = (located: Located, where: Where, message: string, hint: string | undefined): Problem => ({
  ...located.locateKey(where),
  message,
  ...(hint !== undefined && { hint }),
  severity: 'error',
});
