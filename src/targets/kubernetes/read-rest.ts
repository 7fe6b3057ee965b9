import { ofKind, type Reading } from './reading.ts'

/** Objects that are there for others: what became of them is said here, once all others are read. */
export function readRest(reading: Reading): void {
  const { components, services, servers, manifest } = reading
  for (const { root, name } of ofKind(reading, 'Service')) {
    const spec = root.get('spec')
    const to = services.get(name)
    const owner = to ?? servers.get(name)
    if (owner === undefined) {
      spec.lost('no component is behind it')
      continue
    }
    spec.changed(`the address of ${owner}`)
    const type = spec.get('type')
    const component = to === undefined ? undefined : manifest.components[to]
    if (spec.get('sessionAffinity').text() === 'ClientIP' && component) {
      component.scale = { ...component.scale, sticky: true }
      spec.get('sessionAffinity').changed('scale.sticky: by a cookie')
    }
    if (type.text() === 'LoadBalancer' || type.text() === 'NodePort') {
      type.lost('only routes lead into an app', `routes: [{ host: …, to: ${owner} }]`)
      type.finding(
        'warning',
        'W_OPEN_SERVICE',
        `${name} is reached from outside without a host: give it a route`,
        `routes: [{ host: …, to: ${owner} }]`,
      )
    }
  }
  for (const { root } of ofKind(reading, 'HorizontalPodAutoscaler')) {
    const spec = root.get('spec')
    const key = components.get(`${spec.get('scaleTargetRef', 'kind').text()}/${spec.get('scaleTargetRef', 'name').text()}`)
    const component = key === undefined ? undefined : manifest.components[key]
    const least = spec.get('minReplicas').number() ?? 1
    if (component && component.scale?.instances === undefined && Number.isInteger(least) && least >= 1 && least <= 50) {
      component.scale = { ...component.scale, instances: least }
      spec.get('minReplicas').changed('scale.instances')
    }
    spec.get('scaleTargetRef').changed('scale of that component')
    spec.lost('Landfall starts as many instances as are said', 'scale: { instances: … }')
  }
  for (const { root } of ofKind(reading, 'PodDisruptionBudget'))
    root.get('spec').changed('new instances are there before old ones go')
  for (const { root } of ofKind(reading, 'ConfigMap')) {
    root.get('data').lost('no container takes this from here as a variable', 'put files into the source')
    root.get('binaryData').lost('files belong into the source')
  }
  for (const { root } of ofKind(reading, 'Secret')) {
    root.get('type').changed('values are stored by Landfall')
    for (const at of ['data', 'stringData']) {
      root.get(at).changed('values of secrets stay where they are', 'landfall env set <name>')
      if (root.get(at).isThere && (at === 'stringData' || !root.get('stringData').isThere))
        root
          .get(at)
          .finding(
            'warning',
            'W_SECRET_IN_FILE',
            'a Secret with its values lies among the files: base64 hides nothing',
            'whoever has the repository has them: change them',
          )
    }
  }
  for (const { root } of ofKind(reading, 'Namespace')) root.changed('an environment of its own')
  for (const { root } of ofKind(reading, 'Kustomization')) {
    for (const at of [
      'apiVersion',
      'kind',
      'resources',
      'namespace',
      'namePrefix',
      'nameSuffix',
      'labels',
      'commonLabels',
      'metadata',
    ])
      root.get(at).changed('every file is read by itself')
    for (const at of [
      'patches',
      'patchesStrategicMerge',
      'patchesJson6902',
      'images',
      'replicas',
      'configMapGenerator',
      'secretGenerator',
      'components',
      'bases',
    ])
      root.get(at).lost('what kustomize makes of the files is not looked at', 'kubectl kustomize . >k8s.yaml, and import that')
  }
}
