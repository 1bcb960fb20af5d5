// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// query.mjs DUCKDB-FOLDER SQL-FILE: the rows of the last statement that has any, with tabs.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [folder, file] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(resolve(folder, "package.json"))("@duckdb/node-api");

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const statements = await connection.extractStatements(readFileSync(file, "utf8"));
let rows = [];
for (let i = 0; i < statements.count; i++) {
	const prepared = await statements.prepare(i);
	const found = await (await prepared.runAndReadAll()).getRows();
	if (found.length)
		rows = found;
}
for (const row of rows)
	console.log(row.map(String).join("\t"));
