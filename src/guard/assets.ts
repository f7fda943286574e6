import type { AssetMode, AssetState } from '#guard/api.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

export interface TagOut {
  readonly by: string;
  readonly why: string;
}

/** A mode or a tag-out as it holds for an asset. `from` is where it was said: the asset itself or one above it. */
export interface ModeOf {
  readonly mode: AssetMode;
  /** Undefined where nobody has said anything. */
  readonly from: string | undefined;
}
export interface TagOutOf extends TagOut {
  readonly from: string;
}

/** Modes and tag-outs of assets; what is said of a line or an area holds for all below it. */
export class Assets {
  #known: readonly string[] = [];
  readonly #modes = new Map<string, AssetMode>();
  readonly #tagOuts = new Map<string, readonly TagOut[]>();

  constructor(assets: Iterable<string>, snapshot: AssetsSnapshot | undefined) {
    this.reconfigure(assets);
    // What is said of assets that the site no longer names stays: they may come back, and a tag-out must outlive that.
    for (const [asset, mode] of Object.entries(snapshot?.modes ?? {})) this.#modes.set(asset, mode);
    for (const [asset, tags] of Object.entries(snapshot?.tagOuts ?? {})) this.#tagOuts.set(asset, tags);
  }

  /** Goes over to other assets; modes and tag-outs stay. */
  reconfigure(assets: Iterable<string>): void {
    this.#known = [...new Set(assets)].sort();
  }

  /**
   * Out of service where the asset or anything above it is: people who work on a line rely on all of it standing still,
   * whatever was once said of one of its machines. Otherwise the mode of the asset itself, or of the nearest one above
   * that has one; `local` where none has.
   */
  modeOf(asset: string): ModeOf {
    let nearest: ModeOf | undefined;
    for (const from of upwards(asset)) {
      const mode = this.#modes.get(from);
      if (mode === 'outOfService') return { mode, from };
      if (mode) nearest ??= { mode, from };
    }
    return nearest ?? { mode: 'local', from: undefined };
  }

  /** The first tag-out that blocks the asset, its own or of one above. */
  tagOutOf(asset: string): TagOutOf | undefined {
    for (const from of upwards(asset)) {
      const first = this.#tagOuts.get(from)?.[0];
      if (first) return { ...first, from };
    }
    return undefined;
  }

  setMode(asset: string, mode: AssetMode): void {
    this.#mustKnow(asset);
    this.#modes.set(asset, mode);
  }

  hang(asset: string, by: string, why: string): void {
    this.#mustKnow(asset);
    const others = (this.#tagOuts.get(asset) ?? []).filter((tag) => tag.by !== by);
    this.#tagOuts.set(asset, [...others, { by, why }]);
  }

  remove(asset: string, by: string): void {
    const tags = this.#tagOuts.get(asset) ?? [];
    const left = tags.filter((tag) => tag.by !== by);
    if (left.length === tags.length) throw noTagOut(asset, by, tags);
    if (left.length > 0) this.#tagOuts.set(asset, left);
    else this.#tagOuts.delete(asset);
  }

  list(): AssetState[] {
    return this.#known.map((asset) => {
      const { mode, from } = this.modeOf(asset);
      const tagOut = this.tagOutOf(asset);
      return { asset, mode, ...(from !== undefined && { modeFrom: from }), ...(tagOut && { tagOut }) };
    });
  }

  snapshot(): { readonly [part in keyof AssetsSnapshot]: Json } {
    const tagOuts = [...this.#tagOuts].map(([asset, tags]) => [
      asset,
      tags.map(({ by, why }) => ({ by, why })),
    ]);
    return { modes: Object.fromEntries(this.#modes), tagOuts: Object.fromEntries(tagOuts) };
  }

  /** A mistyped name must not look like a tag-out that holds. */
  #mustKnow(asset: string): void {
    if (this.#known.some((known) => upwards(known).includes(asset))) return;
    throw new Fault('guard.unknown-asset', `no writable tag lies at or below ${asset || '(empty)'}`, {
      retry: 'never',
      hint: `Assets with writable tags: ${this.#known.join(', ') || 'none'}.`,
    });
  }
}

export interface AssetsSnapshot {
  readonly modes: { readonly [asset: string]: AssetMode };
  readonly tagOuts: { readonly [asset: string]: readonly TagOut[] };
}

/** The asset, then all above it: `a/b/c`, `a/b`, `a`. The site itself is the empty path. */
function upwards(asset: string): string[] {
  const parts = asset === '' ? [] : asset.split('/');
  return [...parts.keys()].map((n) => parts.slice(0, parts.length - n).join('/')).concat('');
}

function noTagOut(asset: string, by: string, tags: readonly TagOut[]): Fault {
  const holders = tags.map((tag) => tag.by).join(', ');
  return new Fault('guard.no-tag-out', `${by} has no tag-out on ${asset || 'the site'}`, {
    retry: 'never',
    hint: holders ? `It is tagged out by ${holders}, who must remove it.` : 'It is not tagged out.',
  });
}
