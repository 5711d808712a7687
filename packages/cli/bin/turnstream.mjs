#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The repository runs its sources; what others install is built.
const sources = new URL('../run-sources.mjs', import.meta.url);
await import(existsSync(sources) ? sources : new URL('../dist/main.js', import.meta.url));
