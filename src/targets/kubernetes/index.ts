import type { Target } from '../../model/target.ts'

export default {
  name: 'kubernetes',
  title: 'Kubernetes',
  proof: 'valid',
  markers: ['{k8s,kubernetes,kube,manifests,.k8s}/**/*.y{a,}ml', 'kustomization.y{a,}ml'],
  describes: 'app',
  options: {
    registry: 'where images are pushed to, without the name: git.example.org/team',
    namespace: 'the namespace (the name of the app, and of the environment where that is not production)',
    routes: 'gateway for HTTPRoute (Gateway API), ingress for Ingress',
    class: 'the GatewayClass, or the IngressClass, of the cluster',
    issuer: 'the ClusterIssuer of cert-manager that makes certificates (letsencrypt)',
    postgres: 'statefulset for one of its own, cnpg for a Cluster of CloudNativePG',
    storage: 'size of a volume that says none (10Gi)',
    autoscale: 'most instances of a component that may have more: writes a HorizontalPodAutoscaler',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
