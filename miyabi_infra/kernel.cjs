// What jsii runs in place of its own kernel (JSII_RUNTIME): the same kernel, in one process, with lazy providers.
//
// jsii starts a Node.js that only passes messages on to a second one, in which the kernel is. Here the kernel speaks to
// Python itself: its channel is standard input and output, and what JavaScript prints is wrapped as jsii's first process
// would have done it. miyabi_infra/lazy.py names the kernel's file, and has checked that it has the form expected here.
'use strict';

const { writeSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { Writable } = require('node:stream');
const { pathToFileURL } = require('node:url');
const threads = require('node:worker_threads');

const kernel = process.env.MIYABI_JSII_KERNEL;
const kernelUrl = pathToFileURL(kernel).href;
const verbose = process.env.MIYABI_JSII_VERBOSE === '1';

// cdktf asks for what Node.js has deprecated (util.isArray), and will not be mended: who synthesizes need not hear of it.
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
const INDEX = /\/node_modules\/@cdktf\/provider-[a-z0-9-]+\/lib\/index\.js$/;
const EXPORT = /^exports\.([A-Za-z_$][\w$]*) = require\(("\.\/[\w.-]+")\);$/;
const MARKER = 'Object.defineProperty(exports, "__esModule", { value: true });';
const OTHER = /^(?:"use strict";|\/\*\*| \*(?!\/)(?:(?!\*\/).)*| \*\/|\/\/.*|exports\.[\w$ =.]* = void 0;|)$/;

// The same exports, each loaded when it is first read; undefined where the index has not the form of a generated one.
function lazyIndex(source) {
  const exported = [];
  for (const line of source.split('\n')) {
    const found = EXPORT.exec(line);
    if (found) exported.push(`lazy('${found[1]}', () => require(${found[2]}));`);
    else if (line !== MARKER && !OTHER.test(line)) return undefined;
  }
  return [
    "'use strict';",
    MARKER,
    'function lazy(name, load) {',
    '  const as = (value) => Object.defineProperty(exports, name, { ...ordinary, value });',
    '  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => as(load())[name], set: as });',
    '}',
    'const ordinary = { enumerable: true, configurable: true, writable: true };',
    ...exported,
  ].join('\n');
}

// cdktf zips assets with a library of a hundred modules, which few stacks need.
const ASSETS = /\/node_modules\/cdktf\/lib\/private\/fs\.js$/;
const lazyArchiver = (source) =>
  source.replace('const archiver = require("archiver");', 'const archiver = (...given) => require("archiver")(...given);');

// jsii's kernel as it is, but for its channel, the name that its worker has in the Python package, and the size of the
// pieces in which it reads a package, of 34 MB, to know it by its digest.
function inOneProcess(source) {
  return source
    .replace('readFD:3,writeFD:3', 'readFD:0,writeFD:1')
    .replace('"runtime-index-worker.js"', '"lib__runtime-index-worker.js"')
    .replace('Buffer.alloc(16384)', 'Buffer.alloc(1 << 20)');
}

// The kernel has a worker write an index of a package that is new on this machine, and would not wait for it: a short run
// would end before the index is there, every time, and every run would read the 120 MB that the index stands for.
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
  load(url, context, next) {
    const loaded = next(url, context);
    if (url === kernelUrl) return { ...loaded, source: inOneProcess(String(loaded.source)) };
    if (ASSETS.test(url)) return { ...loaded, source: lazyArchiver(String(loaded.source)) };
    if (!INDEX.test(url)) return loaded;
    const source = lazyIndex(String(loaded.source));
    if (verbose) console.error(`${url.split('/').at(-3)} in Node.js: ${source ? 'lazy' : 'as it is: its index has another form'}`);
    return source ? { ...loaded, source } : loaded;
  },
});

require(kernel);
