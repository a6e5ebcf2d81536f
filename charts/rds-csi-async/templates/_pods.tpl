{{/* Parts that pods share. */}}

{{- define "rds.probes" -}}
{{/* A start takes a second; a minute without an answer is a loop that hangs, and only then is a restart a cure. */ -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{- define "rds.unprivileged" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* A container that runs beside the controller's driver and talks to it: name, own arguments. */}}
{{- define "rds.controllerSidecar" -}}
{{- $values := index .root.Values.sidecars .name -}}
{{- include "rds.checkTimeout" (dict "root" .root "name" .name) -}}
- name: {{ .name }}
  image: {{ $values.image | quote }}
  imagePullPolicy: {{ .root.Values.sidecars.pullPolicy }}
  args:
    - --csi-address=/csi/csi.sock
    - --timeout={{ $values.timeout }}
    - --kube-api-qps={{ $values.kubeApiQps }}
    - --kube-api-burst={{ int $values.kubeApiBurst }}
    - --v={{ int .root.Values.sidecars.logLevel }}
    {{- if gt (int .root.Values.controller.replicas) 1 }}
    - --leader-election
    - --leader-election-namespace={{ .root.Release.Namespace }}
    {{- end }}
    {{- range .arguments }}
    - {{ . }}
    {{- end }}
  {{- with .env }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "rds.unprivileged" . | nindent 4 }}
  resources:
    {{- toYaml $values.resources | nindent 4 }}
  volumeMounts:
    - {name: socket, mountPath: /csi}
    - {{ include "rds.tokenMount" . }}
{{- end }}

{{/* What a container that asks the Kubernetes API has mounted, and where Kubernetes' own mount would be. */}}
{{- define "rds.tokenMount" -}}
{name: kube-api-access, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}

{{- define "rds.tokenVolume" -}}
- name: kube-api-access
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}
{{- end }}
