#!/usr/bin/env node
// The one file that old Nodes read too, from 14 on: it runs the command line, with a newer Node where this one is too old.
// biome-ignore-all lint/style/useNodejsImportProtocol: require() knows `node:` only from 14.18 on
'use strict'
const { execFileSync, spawn } = require('child_process')
const { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmdirSync } = require('fs')
const { homedir } = require('os')
const { basename, delimiter, dirname, join, resolve } = require('path')
const { pathToFileURL } = require('url')

const NEEDED = [22, 19]
const WANTED = '24'
const cli = join(__dirname, '..', 'dist', 'cli.mjs')
const home = homeFolder()

if (!existsSync(cli)) stop(`${cli} is not there`, 'in a checkout: npm run build')
else if (isNewEnough(process.versions.node)) {
  keepCompiled()
  // The same process: nothing is started a second time.
  import(pathToFileURL(cli).href)
} else runWith(findNode() || fetchNode())

/** As `src/lib/home.ts` has it. */
function homeFolder() {
  if (process.env.LANDFALL_HOME) return resolve(process.env.LANDFALL_HOME)
  if (process.getuid && process.getuid() === 0) return '/var/lib/landfall'
  return join(process.env.XDG_DATA_HOME || join(process.env.HOME || homedir(), '.local', 'share'), 'landfall')
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/**
 * V8's work is kept for the next start, in a folder that nobody else can write to: Landfall's own, or the user's cache where nothing was
 * ever deployed.
 */
function keepCompiled() {
  const { enableCompileCache } = require('module')
  if (!enableCompileCache) return
  const run = join(home, 'run')
  const caches = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache')
  if (existsSync(run)) enableCompileCache(join(run, 'compiled'))
  else if (existsSync(caches)) enableCompileCache(join(caches, 'landfall', 'compiled'))
}

/** A newer Node that is here already: the one that was named, one of Landfall's own, the package's own, one on PATH. */
function findNode() {
  const named = process.env.LANDFALL_NODE
  if (named) {
    const version = versionOf(named)
    if (version && isNewEnough(version)) return named
    const found = version ? `is ${version}` : 'does not run'
    stop(`LANDFALL_NODE, ${named}, ${found}; Node ${NEEDED.join('.')} or newer is needed`, 'name another one, or unset it')
  }
  const folder = `node-${process.platform}-${process.arch}`
  const own = join(__dirname, '..')
  const places = runtimes()
  // Beside the package where npm has lifted what it depends on.
  const modules = [join(own, 'node_modules'), dirname(own)].filter((path) => basename(path) === 'node_modules')
  for (const path of modules) places.push(join(path, '.bin', 'node'), join(path, folder, 'bin', 'node'))
  for (const path of (process.env.PATH || '').split(delimiter)) if (path) places.push(join(path, 'node'))
  return places.find((file) => existsSync(file) && isNewEnough(versionOf(file) || '0.0'))
}

/** Newest first; what is under way has a name that begins with a dot. */
function runtimes() {
  const folder = join(home, 'runtimes')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.startsWith('node-'))
  names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return names.map((name) => join(folder, name, 'bin', 'node'))
}

function versionOf(file) {
  try {
    const said = execFileSync(file, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20000 })
    const match = /^v(\d+\.\d+\.\d+)/.exec(said)
    return match ? match[1] : undefined
  } catch (_) {
    return undefined // Made for another machine, or not a program.
  }
}

/** Once for this home, through npm, so that the user's registry and proxy count. Whole or not there. */
function fetchNode() {
  const name = `node-${process.platform}-${process.arch}`
  const needs = `landfall needs Node ${NEEDED.join('.')} or newer, and this is ${process.versions.node}`
  process.stderr.write(`${needs}: fetching Node ${WANTED} from the npm registry, this once\n`)
  let aside
  let failure = ''
  try {
    const folder = join(home, 'runtimes')
    mkdirSync(folder, { recursive: true })
    aside = mkdtempSync(join(folder, '.fetch-'))
    npm([
      'install',
      '--prefix',
      aside,
      '--ignore-scripts',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--',
      `${name}@${WANTED}`,
    ])
    const fetched = join(aside, 'node_modules', name)
    const { version } = JSON.parse(readFileSync(join(fetched, 'package.json'), 'utf8'))
    const file = join(fetched, 'bin', 'node')
    chmodSync(fetched, 0o755)
    chmodSync(file, 0o755)
    if (!versionOf(file)) throw new Error(`Node ${version} for ${process.platform}-${process.arch} does not run on this machine`)
    const place = join(folder, `${name}@${version}`)
    try {
      renameSync(fetched, place)
    } catch (error) {
      // Another command was first: a folder of this name is always whole.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    }
    return join(place, 'bin', 'node')
  } catch (error) {
    const said = String(error.stderr || error.message).trim()
    const why = said.split('\n').slice(0, 6).join('\n  | ')
    failure = `${needs}; Node ${WANTED} could not be fetched\n  | ${why}`
  } finally {
    if (aside) removeFolder(aside)
  }
  // Here and not above: an exit in between would leave the folder behind.
  return stop(failure, byHand())
}

function byHand() {
  return `install Node ${NEEDED.join('.')} or newer, or name one: LANDFALL_NODE=/path/to/node`
}

function npm(args) {
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  // An `npm exec` around us would point this npm at its own project.
  const env = Object.assign({}, process.env)
  for (const key of Object.keys(env))
    if (/^npm_(package|lifecycle|command|config_(global|prefix|local_prefix|workspace))/i.test(key)) delete env[key]
  const options = { env, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 16 * 1024 * 1024 }
  if (existsSync(beside)) execFileSync(process.execPath, [beside].concat(args), options)
  else execFileSync('npm', args, options)
}

function removeFolder(folder) {
  const { rmSync } = require('fs')
  if (rmSync) rmSync(folder, { recursive: true, force: true })
  else rmdirSync(folder, { recursive: true })
}

/** As if it were us: its streams, its signals, its end. */
function runWith(node) {
  const child = spawn(node, [cli].concat(process.argv.slice(2)), { stdio: 'inherit' })
  const forward = (signal) => {
    // On a terminal Ctrl-C has reached the whole group, and a second one means something else.
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  for (const signal of signals) process.on(signal, forward)
  child.on('error', (error) => stop(`${node} does not start: ${error.message}`, byHand()))
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeListener(name, forward)
    if (signal) process.kill(process.pid, signal)
    else process.exit(code)
  })
}

function stop(message, hint) {
  process.stderr.write(`error E_NODE: ${message}\n  next: ${hint}\n`)
  process.exit(1)
}
