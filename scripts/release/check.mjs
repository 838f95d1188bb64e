// npm run release:check: builds what a release publishes, into .cache/release, and checks each part: the tarball of the server, the
// tarball of the client, the list of files of the image, and the bill of materials. It installs the server in an empty folder and
// runs its main job there, with this Node.js and with Node 24.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packClient } from '../lib/pack-client.mjs';
import { npm } from '../lib/pack-folder.mjs';
import { packServer } from '../lib/pack-server.mjs';
import { inRoot, prepare } from '../lib/prepare.mjs';
import { checkClientTarball, checkServerTarball, imageFiles, serverSbom } from './contents.mjs';
import { runMainJob } from './main-job.mjs';

/** npm's `node` package installs this package by a script. test/system/node-24.test.ts uses the same version. */
const NODE_24 = `node-${process.platform}-${process.arch}@24.21.0`;

const MB = 1_000_000;
const folder = inRoot('.cache/release');
/** @type {Record<string, unknown>} */
const report = {};

/** @param {string} name @param {unknown} value */
function state(name, value) {
  report[name] = value;
  console.log(`${name}: ${JSON.stringify(value)}`);
}

/** @param {string} file */
const megabytes = (file) => Number((statSync(file).size / MB).toFixed(2));

function folderOfNode24() {
  const args = ['exec', '--yes', '--prefer-offline', `--package=${NODE_24}`, '-c', 'node -p process.execPath'];
  return path.dirname(npm(args, tmpdir()).trim());
}

/** @param {string} installed @returns {number} size of a folder in MB */
const sizeOf = (installed) =>
  Math.round((Number(execFileSync('du', ['-sk', installed], { encoding: 'utf8' }).split('\t')[0]) * 1_024) / MB);

/** @param {string} tarball */
async function checkInstallation(tarball) {
  const empty = mkdtempSync(path.join(tmpdir(), 'keyward-release-'));
  try {
    const startedAt = performance.now();
    // Without any install script, as npm 11 installs it.
    npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball], empty);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    state('installation', { seconds, megabytes: sizeOf(path.join(empty, 'node_modules')) });
    for (const [name, node] of [
      [process.version, path.dirname(process.execPath)],
      ['Node 24', folderOfNode24()],
    ]) {
      const { statuses, exitCodes, ...times } = await runMainJob(empty, path.join(empty, `data-${name?.replace(/\W/g, '')}`), node ?? '');
      if (String(statuses) !== '200,401,401' || String(exitCodes) !== '0,0')
        throw new Error(`the main job failed: ${statuses}, ${exitCodes}`);
      state(`main job, ${name}`, { statuses, firstStartSeconds: times.firstStartSeconds, laterStartSeconds: times.laterStartSeconds });
    }
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

prepare();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const server = packServer(folder);
state('server', { file: path.basename(server), files: checkServerTarball(server), megabytes: megabytes(server) });
const client = packClient(folder);
state('client', { file: path.basename(client), files: checkClientTarball(client), megabytes: megabytes(client) });
const { text, components } = serverSbom(folder);
writeFileSync(path.join(folder, 'sbom.cdx.json'), text);
state('bill of materials', { file: 'sbom.cdx.json', components });
const image = imageFiles();
writeFileSync(path.join(folder, 'image-files.txt'), `${image.files.join('\n')}\n`);
state('image', { file: 'image-files.txt', files: image.files.length, megabytes: Math.round(image.bytes / MB) });
await checkInstallation(server);
writeFileSync(path.join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(`Everything is in ${path.relative(process.cwd(), folder) || '.'}`);
