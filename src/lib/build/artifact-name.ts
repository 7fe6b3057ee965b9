import type { Component } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { ArtifactUse, Builder, SourceFiles } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { digestOf, joinName } from '../digest.ts'
import { LandfallError } from '../error.ts'
import { innerValues } from '../inner-values.ts'
import { nearest } from '../nearest.ts'
import { commandsOf, stepsOf } from '../steps-of.ts'

/** Rises when the same source and recipe give other files: artifacts made before are not taken then. */
const LAYOUT = 1

/**
 * Name of the artifact that a component has here: `web-` and a digest over all that decides what is in it. Equal names are equal
 * artifacts, so that a release, a rollback or another environment takes what is there.
 */
export function artifactOf(
  component: Component,
  files: SourceFiles,
  builders: Record<string, Builder>,
  platform = `${process.platform}-${process.arch}`,
): string {
  const { source, build, name } = component
  if (source.type === 'server') {
    return joinName([name, digestOf({ LAYOUT, platform, resource: source.resource, version: source.version })])
  }
  const builder = builderOf(component, builders)
  const digest = digestOf({
    LAYOUT,
    platform,
    source: 'digest' in source ? source.digest : source.image,
    builder: builder.name,
    options: build.options,
    env: build.env,
    recipe: builder.recipe(files, build, useOf(component)),
    runtimes: builder.runtimes(files, build).map(({ name, version }) => ({ name, version })),
    test: component.test,
    // Text files of what is published are packed at the end of the build.
    isStatic: component.type === 'static',
  })
  return joinName([name, digest])
}

export function useOf(component: Component): ArtifactUse {
  const steps = stepsOf(component).flatMap(commandsOf)
  const words = (command: Value[]) => command.flatMap(texts)
  const commands = [...steps, ...Object.values(component.tasks).flat()].map(words)
  const run = component.command && words(component.command)
  return { type: component.type, ...(run && { run }), commands }
}

/** What is wrong with the wish to build this, beyond what the builder itself finds. */
export function checkBuild(component: Component, files: SourceFiles, builders: Record<string, Builder>): Finding[] {
  if (component.source.type !== 'folder') return []
  const at = `components.${component.name}.build`
  const findings: Finding[] = []
  const secrets = Object.entries(component.build.env).filter(([, value]) => holdsSecret(value))
  for (const [name] of secrets) {
    const message = `${name} is a secret, and what is built with it would hold it`
    findings.push({
      level: 'error',
      code: 'E_SECRET_IN_BUILD',
      at: `${at}.args.${name}`,
      message,
      hint: 'read it when the app runs',
    })
  }
  const builder = builderOf(component, builders)
  return [...findings, ...builder.check(files, component.build, useOf(component))]
}

export function builderOf(component: Component, builders: Record<string, Builder>): Builder {
  const wanted = component.build.builder
  const builder = builders[wanted]
  if (builder) return builder
  const known = Object.keys(builders).sort()
  const guess = nearest(wanted, known)
  throw new LandfallError({
    code: 'E_BUILDER',
    at: `components.${component.name}.build.type`,
    message: `there is no builder ${JSON.stringify(wanted)}`,
    hint: guess ? `did you mean ${guess}?` : `there are ${known.join(', ')}`,
  })
}

export function holdsSecret(value: Value): boolean {
  if (innerValues(value).some(holdsSecret)) return true
  return value.type === 'output' || (value.type === 'stored' && value.secret)
}

const texts = (value: Value): string[] => {
  if (value.type === 'join') return [value.parts.flatMap(texts).join('')]
  return value.type === 'text' ? [value.text] : []
}
