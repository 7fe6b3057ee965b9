import { splitPath } from '../../manifest/places.ts'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { markUnread } from '../image/mark-image.ts'
import type { WrittenImage } from '../image/write-image.ts'

/** Verdicts that hold on every platform that builds from git and runs containers by itself. */
export function markTop(app: App, context: WriteContext, platform: string, images: ReadonlyMap<string, WrittenImage>): void {
  const { manifest } = context
  manifest.get('version').changed('LANDFALL_VERSION in the image')
  manifest.get('engine').lost(`${platform} runs it`)
  manifest.get('checks').lost(`${platform} asks one path, and looks at its status alone`, '`landfall smoke` asks them')
  manifest.get('keep').lost(`${platform} says how many releases it keeps`)
  manifest.get('troubles').lost('they are for `landfall doctor` and the guide')
  manifest.get('protect').lost('who may change what is for the dashboard to say')
  markUnread(app, context)
  for (const group of app.groups ?? []) {
    if ([...images.values()].some((i) => i.plan.groups.includes(group))) continue
    manifest.get(...splitPath(group.at)).lost(`${platform} looks at no variables`, 'let the app look at them when it starts')
  }
}

/** What such a platform has no place for, whatever the component is. */
export function markUsual(component: Component, context: WriteContext, platform: string, task: string): void {
  const own = context.of(component.name)
  own.get('rollout').changed('the new one starts beside the old one, which goes when the new one is healthy')
  own.get('stop', 'drain').lost('the old one gets its signal as soon as requests go elsewhere')
  own.get('predeploy').lost(`${platform} has no hook that runs in what serves`, 'by hand, before the deployment')
  own.get('postdeploy').lost(`${platform} has no hook after the switch`, 'by hand, after the deployment')
  own.get('compatible').lost(`${platform} knows no schemas`)
  own.get('backup').lost('nothing there runs commands around a backup')
  for (const key of ['seed', 'tasks'] as const) own.get(key).changed(task)
  if (component.mounts.length === 0) own.get('mounts').lost('there is no such volume')
}

/** A component whose image comes from elsewhere, or is built by a Dockerfile of its own. */
export function markForeignImage(component: Component, context: WriteContext, to: string): void {
  const own = context.of(component.name)
  own.get('source').kept(to)
  own.get('build').lost('its own Dockerfile says how it is built')
  own.get('release').lost('nothing runs it: its image is not ours', 'let its own entrypoint do it')
  own.get('bootstrap').lost('nothing runs it: its image is not ours', 'let its own entrypoint do it')
  own.get('needs').changed('nothing waits; the app has to try again')
  own.get('stop', 'signal').lost('the image says which')
  own.get('test').lost('nothing runs it')
  own.get('user').lost('the image says which')
}
