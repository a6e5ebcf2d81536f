{{/* What a trial's parts have to agree on. */}}

{{- define "rds.simulatorName" -}}
{{- printf "%s-simulator" (include "rds.fullname" .) -}}
{{- end }}

{{/* The appliance that the simulator is. Nodes do not go over the network to it: nvmeAddress only has to be there. */}}
{{- define "rds.simulatorAppliance" -}}
address: {{ printf "%s.%s.svc" (include "rds.simulatorName" .) .Release.Namespace }}
port: 2222
user: admin
secretName: {{ include "rds.simulatorName" . }}
secretKeys:
  privateKey: client-key
hostKeyFile: /run/rds-csi/host-key.pub
nvmeAddress: 127.0.0.1
pools:
  pool1:
    slot: pool1
    fsUuid: 35e7406b-8020-5c93-8b40-feb1ad7fc3ad  # `rds-csi simulate` derives it from the pool's name
{{- end }}

{{/* Where pods of a trial have to run: all on the node that has the files. */}}
{{- define "rds.simulatorNode" -}}
{{- with .Values.simulator.nodeName }}
kubernetes.io/hostname: {{ . | quote }}
{{- else }}
{{- if gt (len (dig "items" list (lookup "v1" "Node" "" ""))) 1 -}}
{{- fail "simulator.nodeName is missing: this cluster has several nodes, and a trial's volumes are files on one of them" -}}
{{- end -}}
{{- end }}
{{- end }}
