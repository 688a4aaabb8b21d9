// The Node.js that jsii's kernel runs in: the unchanged kernel, in one process instead of two, with lazy providers.
//
// jsii starts a Node.js that only passes messages on to a second one, in which the kernel is. Here the kernel speaks to
// Python itself: its channel is standard input and output, and what JavaScript prints is wrapped as jsii's first process
// would have done it. miyabi_infra/kernel.py names the kernel's file, and has checked that it has the form expected here.
'use strict';

const { existsSync, realpathSync, writeSync } = require('node:fs');
const { enableCompileCache, isBuiltin, registerHooks } = require('node:module');
const { isAbsolute, join } = require('node:path');
const { Writable } = require('node:stream');
const { fileURLToPath, pathToFileURL } = require('node:url');
const threads = require('node:worker_threads');

const kernel = realpathSync(process.env.MIYABI_JSII_KERNEL);
const kernelUrl = pathToFileURL(kernel).href;
const verbose = process.env.MIYABI_JSII_VERBOSE === '1';

// Where V8 keeps what it compiled for the next run: half of what Node.js does at start is to compile.
if (process.env.MIYABI_JSII_COMPILED) enableCompileCache(process.env.MIYABI_JSII_COMPILED);

// cdktf asks for what Node.js has deprecated (util.isArray), and will not be fixed: users need not hear of it.
process.noDeprecation = true;

// By this option the kernel knows that it may link a package's folder as one, and need not link each of its files.
process.execArgv.push('--preserve-symlinks');

for (const name of ['stdout', 'stderr']) {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      writeSync(2, `${JSON.stringify({ [name]: chunk.toString('base64') })}\n`);
      done();
    },
  });
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
}

// The index of a prebuilt provider requires a module for each resource type: some 2,100, of which a stack uses 40.
const INDEX = /\/@cdktf\/provider-[a-z0-9-]+\/(?:[^/]+\/[0-9a-f]+\/)?lib\/index\.js$/;
const PROVIDER = /provider-[a-z0-9-]+/;
const EXPORT = /^exports\.([A-Za-z_$][\w$]*) = require\("(\.\/[\w.-]+)"\);$/;
const MARKER = 'Object.defineProperty(exports, "__esModule", { value: true });';
const OTHER = /^(?:"use strict";|\/\*\*| \*(?!\/)(?:(?!\*\/).)*| \*\/|\/\/.*|exports\.[\w$ =.]* = void 0;|)$/;

// The same exports, each loaded when it is first read; undefined where the index has not the form of a generated one.
function lazyIndex(source) {
  const exported = [];
  for (const line of source.split('\n')) {
    const found = EXPORT.exec(line);
    if (found) exported.push(found.slice(1));
    else if (line !== MARKER && !OTHER.test(line)) return undefined;
  }
  return `'use strict';
${MARKER}
const ordinary = { enumerable: true, configurable: true, writable: true };
for (const [name, file] of JSON.parse('${JSON.stringify(exported)}')) {
  const as = (value) => Object.defineProperty(exports, name, { ...ordinary, value });
  const get = () => as(require(file))[name];
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get, set: as });
}`;
}

// Libraries that cdktf requires when it starts, of forty to a hundred modules each: archiver zips assets and semver reads
// versions, for the few stacks that need them; json-stable-stringify sorts keys, which miyabi_infra/synthesis/render.py does again
// for all that is written. And the JavaScript stack of each token, which is of no use in Python.
const CDKTF = /\/cdktf\/(?:[^/]+\/[0-9a-f]+\/)?lib\/(.*)$/;
const REDUCED = new Map([
  ['private/fs.js', ['= require("archiver");', '= (...given) => require("archiver")(...given);']],
  ['validations/validate-binary-version.js', ['= require("semver");', '= { satisfies: (...given) => require("semver").satisfies(...given) };']],
  ['testing/index.js', ['= require("json-stable-stringify");', '= (...given) => require("json-stable-stringify")(...given);']],
  ['manifest.js', ['= require("json-stable-stringify");', '= (value) => JSON.stringify(value, null, 2);']],
  ['synthesize/synthesizer.js', ['= require("json-stable-stringify");', '= (value) => JSON.stringify(value, null, 2);']],
  ['tokens/private/stack-trace.js', ['Number.MAX_SAFE_INTEGER', '0']],
]);

// jsii's unchanged kernel, except for its channel, the name that its worker has in the Python package, the size of the pieces
// in which it reads a package, of 34 MB, to know it by its digest, and the text of an error that it makes for each value.
function inOneProcess(source) {
  return source
    .replace('readFD:3,writeFD:3', 'readFD:0,writeFD:1')
    .replace('"runtime-index-worker.js"', '"lib__runtime-index-worker.js"')
    .replace('Buffer.alloc(16384)', 'Buffer.alloc(1 << 20)')
    .replace('`Kernel error: expected type information, got ${(0,K.inspect)(e)}`', '"Kernel error: expected type information"');
}

// The kernel installs packages by links in a folder that is another in each run. Node.js follows the links, so that a
// module has the path by which it is known to be compiled; one package then has to be shown the way to another.
const WORKDIR = /\/jsii-kernel-[^/]+$/;
let installed;
const ways = new Map();
function wayTo(specifier, parent) {
  if (!installed && WORKDIR.test(parent)) installed = join(fileURLToPath(parent), 'node_modules');
  if (!installed || /^[./]/.test(specifier) || isBuiltin(specifier) || isAbsolute(specifier)) return specifier;
  if (!ways.has(specifier)) {
    const linked = join(installed, specifier);
    ways.set(specifier, existsSync(linked) ? linked : specifier);
  }
  return ways.get(specifier);
}

// The kernel has a worker write an index of a package that is new on this machine, and would not wait for it: a short run
// would end before the index is there, every time, and every run would read the 120 MB that the index replaces.
let indexing = 0;
threads.Worker = class extends threads.Worker {
  constructor(...given) {
    super(...given);
    indexing += 1;
    this.once('exit', () => (indexing -= 1));
  }
};
const exit = process.exit.bind(process);
process.exit = (code) => {
  if (!indexing) return exit(code);
  process.exitCode = code; // Node.js ends by itself when the workers have
  process.on('SIGTERM', () => {}); // Python's patience ends after five seconds; the index is worth more
  setTimeout(() => console.error('waiting for jsii to index the provider (once on this machine; some seconds)'), 100).unref();
};

registerHooks({
  resolve: (specifier, context, next) => next(wayTo(specifier, context.parentURL), context),
  load(url, context, next) {
    const loaded = next(url, context);
    if (url === kernelUrl) return { ...loaded, source: inOneProcess(String(loaded.source)) };
    const reduced = REDUCED.get(CDKTF.exec(url)?.[1]);
    if (reduced) return { ...loaded, source: String(loaded.source).replace(...reduced) };
    if (!INDEX.test(url)) return loaded;
    const source = lazyIndex(String(loaded.source));
    if (verbose) console.error(`${PROVIDER.exec(url)[0]} in Node.js: ${source ? 'lazy' : 'unchanged: its index has another form'}`);
    return source ? { ...loaded, source } : loaded;
  },
});

require(kernel);
