import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEngines } from '../engines.mjs';
import { build, typesPass } from './build.mjs';
import { dyingWithParent } from './keeper.mjs';
import { root } from './paths.mjs';
import { say, step } from './progress.mjs';
import { run } from './run.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);
const JEST = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')];

const FOLDERS = ['apps', 'libs', 'packages', 'bench', 'test', 'tools'];

/** What is checked besides the specs; the build is the check of the types. */
const CHECKS = [
  { name: 'format', command: bin('prettier'), args: ['--check', '.', '--log-level', 'warn'] },
  { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--max-warnings', '0'] },
  {
    name: 'dependencies',
    command: bin('depcruise'),
    args: ['--config', '.dependency-cruiser.mjs', ...FOLDERS.filter((name) => existsSync(join(root, name)))],
  },
];

/**
 * Runs the checks and the specs; the last line printed is `N passed, N failed`.
 * @param {string[]} args for jest; with any, the checks are left out
 * @returns {Promise<number>} the exit code
 */
export async function verify(args) {
  await build();
  const failedChecks = args.length > 0 || (await typesPass()) ? [] : ['types'];
  const check = async () => {
    if (args.length > 0) return;
    for (const item of CHECKS) if (!(await passes(item))) failedChecks.push(item.name);
  };
  const result = (await needsEngines(args))
    ? await withEngines(async ({ env }) => {
        await check();
        return jest(args, env);
      })
    : await jest(args, {});
  for (const name of failedChecks) console.log(`✖ ${name} failed: see its messages above.`);
  const failed = result.failed + failedChecks.length;
  console.log(`${result.passed} passed, ${failed} failed`);
  return failed > 0 || result.code !== 0 ? 1 : 0;
}

async function passes({ name, command, args }) {
  const work = () => run(command, args, { cwd: root });
  const { code, output } = await step(name, 'checking', work, (done) =>
    done.code === 0 ? 'passed' : 'FAILED',
  );
  if (code !== 0) console.log(output);
  return code === 0;
}

/** Specs of pure code alone need no engines. */
async function needsEngines(args) {
  if (args.length === 0) return true;
  const { output } = await run(process.execPath, [...JEST, '--listTests', ...args], { cwd: root });
  return /\.(int|e2e)-spec\.ts/.test(output);
}

/** Runs jest with its own output and reads the counts from its report. */
async function jest(args, env) {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-report-'));
  const report = join(dir, 'jest.json');
  try {
    say('jest', 'running the specs');
    const code = await jestExit([...JEST, '--json', `--outputFile=${report}`, ...args], env);
    if (!existsSync(report)) return { code: 1, passed: 0, failed: 1 };
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    return { code, passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function jestExit(args, env) {
  return new Promise((resolve, reject) => {
    const [command, ...words] = [...dyingWithParent('SIGKILL'), process.execPath, ...args];
    const child = spawn(command, words, {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env, NODE_ENV: 'test' },
    });
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.on('error', reject);
    child.on('exit', (code) => {
      process.off('exit', kill);
      resolve(code ?? 1);
    });
  });
}
