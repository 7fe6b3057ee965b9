import { apply } from './apply.ts'
import { backupAdopt, backupConfirm, backupDelete, backupHold, backupKey, backupList } from './backup.ts'
import { check } from './check.ts'
import type { OpAnswers, OpInput, OpName, StreamInput, StreamLines, StreamName } from './contract.ts'
import { doctor } from './doctor.ts'
import { envImport, envList, envSet, envUnset } from './env.ts'
import { envCheck } from './env-check.ts'
import { envRecoveryKey, envRestoreKey, envRotateKey } from './env-key.ts'
import { exec } from './exec.ts'
import { logs } from './logs.ts'
import { mailList, mailShow, mailTest } from './mail.ts'
import { plan } from './plan.ts'
import { ps, runs } from './ps.ts'
import { rehearsal, rehearse } from './rehearse/rehearse.ts'
import { resourceLogin } from './resource-login.ts'
import { smoke, smokeSign } from './smoke.ts'
import { troubles } from './troubles.ts'
import { uptime } from './uptime.ts'
import { openSetting, recoverSetting, type Setting } from './world.ts'
import type { StreamIo, World, WorldOptions } from './world-type.ts'

type Ops = { [N in OpName]: (setting: Setting, input: OpInput<N>) => Promise<OpAnswers[N]> }

// One line for every op; what is missing here does not compile.
const ops: Ops = {
  handshake: async (s) => ({
    service: 'landfall',
    api_version: 1,
    version: s.version,
    pid: process.pid,
    home: s.home,
    startedAt: s.startedAt,
    capabilities: [...Object.keys(ops), 'events', 'logs', 'exec'].sort(),
  }),
  check: (_s, input) => check(input),
  plan,
  apply,
  resume: async (s, { run }) => {
    s.conductor.resume(run)
    return { run }
  },
  cancel: async (s, { run }) => {
    s.conductor.cancel(run)
    return { run }
  },
  runs,
  ps,
  rehearse,
  rehearsal,
  smoke,
  'smoke-sign': smokeSign,
  uptime,
  'resource-login': resourceLogin,
  'backup-list': backupList,
  'backup-adopt': backupAdopt,
  'backup-hold': backupHold,
  'backup-delete': backupDelete,
  'backup-confirm': backupConfirm,
  'backup-key': async (s) => backupKey(s),
  'env-list': envList,
  'env-set': envSet,
  'env-unset': envUnset,
  'env-import': envImport,
  'env-check': envCheck,
  'env-rotate-key': (s) => envRotateKey(s),
  'env-recovery-key': (s) => envRecoveryKey(s),
  'env-restore-key': envRestoreKey,
  'mail-list': mailList,
  'mail-show': mailShow,
  'mail-test': mailTest,
  doctor,
  troubles,
  stop: async (s, { edge }) => {
    if (!edge) return { stopped: ['daemon'] }
    await s.edge.stop()
    return { stopped: ['daemon', 'edge'] }
  },
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const setting = await openSetting(options)
  return {
    call<N extends OpName>(name: N, input: OpInput<N>): Promise<OpAnswers[N]> {
      return ops[name](setting, input)
    },
    stream<N extends StreamName>(name: N, input: StreamInput<N>, io: StreamIo): AsyncIterable<StreamLines[N]> {
      return open(setting, name, input, io) as AsyncIterable<StreamLines[N]>
    },
    recover: () => recoverSetting(setting),
    close: () => setting.close(),
  }
}

function open(setting: Setting, name: StreamName, input: StreamInput<StreamName>, io: StreamIo): AsyncIterable<unknown> {
  switch (name) {
    case 'events': {
      const { run, after } = input as StreamInput<'events'>
      return setting.conductor.watch(run, after, io.signal)
    }
    case 'logs':
      return logs(setting, input as StreamInput<'logs'>, io.signal)
    case 'exec':
      return exec(setting, input as StreamInput<'exec'>, io)
  }
}
