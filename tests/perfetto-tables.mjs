// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Opens timelines with Perfetto's own trace processor (WebAssembly, as the UI has it) and
// prints what it made of each, one JSON object a line: its tables, and the errors it counted.
//
//   node tests/perfetto-tables.mjs ASSETS TIMELINE...
//
// ASSETS: trace_processor.wasm, its glue engine_bundle.node.js and engine.mjs, which speaks
// its protocol; tests/perfetto gets them.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [assets, ...timelines] = process.argv.slice(2);

// The glue is a worker's script: it is given what it looks for in one, with a file where it
// would ask a server. Of the 64-bit trace processor, which newer engines would choose, there
// is no file.
function startWorker(port) {
	class Module extends WebAssembly.Module {
		constructor(bytes) {
			// its test whether there are 64-bit memories has nothing but one
			if (bytes[8] === 5 && bytes.byteLength < 100)
				throw new TypeError('no 64-bit memories');
			super(bytes);
		}
	}
	class XMLHttpRequest {
		open(method, name) {
			this.name = name;
		}
		send() {
			this.response = new Uint8Array(readFileSync(join(assets, this.name))).buffer;
		}
	}
	const self = { location: { href: pathToFileURL(resolve(assets, 'worker.js')).href } };
	const scope = {
		self, XMLHttpRequest,
		WorkerGlobalScope: class {},
		WebAssembly: new Proxy(WebAssembly, {
			get: (of, name) => name === 'Module' ? Module : of[name],
		}),
	};
	const glue = readFileSync(join(assets, 'engine_bundle.node.js'), 'utf8');

	new Function(...Object.keys(scope), glue)(...Object.values(scope));
	self.onmessage({ data: port });
}

async function newEngine() {
	const { EngineBase } = await import(pathToFileURL(resolve(assets, 'engine.mjs')).href);
	const { port1, port2 } = new MessageChannel();

	class Engine extends EngineBase {
		mode = 'WASM';
		id = 'test';

		rpcSendRequestBytes(data) {
			port2.postMessage(data);
		}
	}
	const engine = new Engine();
	port2.onmessage = (message) => engine.onRpcResponseBytes(message.data);
	startWorker(port1);
	// what the glue does when its module is there is done when this is
	await new Promise((done) => setTimeout(done, 0));
	return { engine, close: () => port2.close() };
}

// 64-bit numbers beyond what JSON's readers keep are text.
const plain = (value) => typeof value !== 'bigint' ? value :
	Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

async function rows(engine, sql) {
	const result = await engine.query(sql);
	const list = [];

	for (const it = result.iter({}); it.valid(); it.next())
		list.push(Object.fromEntries(result.columns().map((name) => [name, plain(it.get(name))])));
	return list;
}

async function tables(engine, path) {
	await engine.resetTraceProcessor({
		tokenizeOnly: false, cropTrackEvents: false, ingestFtraceInRawTable: false,
		analyzeTraceProtoContent: false, ftraceDropUntilAllCpusValid: false,
	});
	await engine.parse(new Uint8Array(readFileSync(path)));
	await engine.notifyEof();
	const args = await rows(engine, 'SELECT arg_set_id, key, display_value AS value FROM args');
	const sets = new Map();

	for (const { arg_set_id: id, key, value } of args) {
		if (!sets.has(id))
			sets.set(id, {});
		sets.get(id)[key.replace(/^debug\./, '')] = value;
	}
	const slices = await rows(engine, `SELECT s.id, s.ts, s.dur, s.depth, s.parent_id AS parent,
		s.category, s.name, s.track_id AS track, s.arg_set_id FROM slice s ORDER BY s.ts, s.id`);
	return {
		timeline: path,
		errors: await rows(engine, `SELECT name, idx, value FROM stats
			WHERE severity IN ('error', 'data_loss') AND value != 0`),
		clocks: await rows(engine, 'SELECT ts, clock_name AS name, clock_value AS value FROM clock_snapshot'),
		bounds: (await rows(engine, 'SELECT start_ts AS start, end_ts AS end FROM trace_bounds'))[0],
		tracks: await rows(engine, 'SELECT id, name, parent_id AS parent FROM track'),
		slices: slices.map(({ arg_set_id: id, ...slice }) => ({ ...slice, args: sets.get(id) ?? {} })),
	};
}

const { engine, close } = await newEngine();
for (const path of timelines)
	console.log(JSON.stringify(await tables(engine, path)));
close();
