import { Fault } from '#kernel/fault.ts';

const PACKAGE = 'onnxruntime-node@1.30.0';
/** Node's words where the machine code is there and something that it is linked with is not. */
const UNLINKED = /\.so\b.*(?:cannot open shared object|not found)|ERR_DLOPEN|GLIBC/i;

/**
 * Nothing here runs models, and what to do about that.
 * @param said what Node says of it
 * @param bundleDir folder of the bundle; undefined where it runs from the sources
 */
export function noRuntime(said: string, bundleDir: string | undefined): Fault {
  const system = `${process.platform}-${process.arch}`;
  const [line = ''] = said.split('\n');
  return new Fault('model.no-runtime', `there is nothing here that runs models on ${system}: ${line}`, {
    hint: UNLINKED.test(line) ? LINKED : bundleDir === undefined ? 'run npm ci' : beside(bundleDir, system),
  });
}

const LINKED = 'its machine code needs glibc and libstdc++ (Debian: apt install libstdc++6)';

const beside = (dir: string, system: string): string =>
  `bundle with \`scripts/bundle --models ${system}\`, or run \`npm install --ignore-scripts --prefix ${dir} ${PACKAGE}\``;
