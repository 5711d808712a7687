/**
 * `npm run fuzz`: Schemathesis generates requests from the OpenAPI document, in chains too (the start of a session is
 * followed by operations on it), and checks each answer of a private system: no 5xx but 503, no undocumented status,
 * no answer that breaks its schema.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Role } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import { withSystem } from '../launcher/index.ts';
import { installed } from '../backing-services/service.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import type { FuzzOptions } from './options.ts';
import { commandLine, fuzzOptions, generatedCases } from './options.ts';
import { issuerDir } from '../shared/token.ts';

const version = '4.32.5';
const usage = `usage: npm run fuzz -- [--cases 1000] [--seed N] [--role service]

--role: the role whose token is sent, or all: every role, with as many cases each.`;
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
];
/** Event streams do not end; test/hostile covers them. */
const flags =
  '--exclude-operation-id stream --generation-database none --continue-on-failure --request-timeout 30 ' +
  '--suppress-health-check all --warnings off --no-color';
const chains = 5;

await runProgram(async () => {
  const { values } = parseOptions({
    cases: { type: 'string' },
    seed: { type: 'string' },
    role: { type: 'string' },
  });
  const options = fuzzOptions(values);
  const program = await schemathesis();
  await withSystem({}, async ({ apis: [url = ''], dir }) => {
    const issuer = await DevelopmentIssuer.in(issuerDir(dir));
    for (const role of options.asRoles) {
      const token = await issuer.token({ role, sub: `fuzz-${role}`, instances: ['*'] });
      await fuzz(program, url, { ...options, role, token });
    }
  });
}, usage);

async function schemathesis(): Promise<string> {
  const venv = await installed(
    `schemathesis-${version}`,
    async (path) => [
      ['python3', '-m', 'venv', path],
      [`${path}/bin/python`, '-m', 'pip', 'install', '--quiet', `schemathesis==${version}`],
    ],
    'install Python 3.10 or newer with venv: the fuzzer runs on it',
  );
  return join(venv, 'bin/python');
}

/** Runs Schemathesis with consecutive seeds until there are enough cases. */
async function fuzz(
  python: string,
  url: string,
  { cases, seed, role, token }: FuzzOptions & { role: Role; token: string },
): Promise<void> {
  const perOperation = Math.ceil(cases / (2 * (await operationCount(url))));
  const folder = mkdtempSync(join(tmpdir(), 'turnstream-fuzz-'));
  try {
    const command = ['-m', 'schemathesis.cli', '--config-file', configFile(folder, perOperation)];
    let generated = 0;
    for (let next = seed; generated < cases; next += 1) {
      const repeat = commandLine({ cases, seed: next }, role);
      console.log(`\nSchemathesis ${version} with ${repeat}`);
      const words = `--url ${url} --checks ${checks.join()} --seed ${next} ${flags}`.split(' ');
      words.push('--header', `Authorization: Bearer ${token}`);
      const { exitCode, all } = await execa(python, [...command, 'run', `${url}/openapi.json`, ...words], {
        cwd: folder,
        all: true,
        reject: false,
        stdin: 'ignore',
      });
      console.log(all);
      if (exitCode !== 0)
        throw new Failure(`The api does not match its document: see above; repeat with ${repeat}.`);
      const count = generatedCases(all);
      if (count === 0) throw new Failure('Schemathesis does not say how many cases it generated.');
      generated += count;
    }
    console.log(
      `\n✔ ${generated} cases with ${commandLine({ cases, seed }, role)}: every answer matches the document`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * 503 is the documented answer while a backing service is unavailable. Chains of calls need more examples than single
 * calls.
 */
function configFile(folder: string, perOperation: number): string {
  const path = join(folder, 'schemathesis.toml');
  const config = [
    '[checks.not_a_server_error]',
    'expected-statuses = ["2xx", "3xx", "4xx", "503"]',
    '[generation]',
    `max-examples = ${perOperation}`,
    '[phases.stateful.generation]',
    `max-examples = ${chains * perOperation}`,
  ];
  writeFileSync(path, config.join('\n'));
  return path;
}

async function operationCount(url: string): Promise<number> {
  const answer = await fetch(`${url}/openapi.json`);
  const { paths } = (await answer.json()) as { paths: Record<string, object> };
  return Object.values(paths).flatMap((path) => Object.keys(path)).length;
}
