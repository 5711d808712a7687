#!/usr/bin/env node
import { existsSync } from 'node:fs';

// In the repository it runs the sources; an installed package is built.
const sources = new URL('../run-sources.mjs', import.meta.url);
await import(existsSync(sources) ? sources : new URL('../dist/main.js', import.meta.url));
