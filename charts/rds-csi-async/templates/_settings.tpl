{{/* What the driver is told. Everything here ends with a message that names the value when something cannot be. */}}

{{/*
The cluster id: the value, else the UID of kube-system. It never changes, so an upgrade with another one is refused:
every volume there is would be a stranger's.
*/}}
{{- define "rds.clusterId" -}}
{{- $id := .Values.clusterId -}}
{{- if not $id -}}
{{- $id = dig "metadata" "uid" "" (lookup "v1" "Namespace" "" "kube-system") -}}
{{- end -}}
{{- if not $id -}}
{{- fail "clusterId is missing, and without a cluster it cannot be looked up: set it to what `kubectl get namespace kube-system -o jsonpath={.metadata.uid}` prints" -}}
{{- end -}}
{{- $there := lookup "v1" "ConfigMap" .Release.Namespace (printf "%s-controller" (include "rds.fullname" .)) -}}
{{- $before := dig "metadata" "annotations" "rds-csi-async.github.io/cluster-id" "" $there -}}
{{- if and $before (ne $before $id) -}}
{{- fail (printf "clusterId is %q, and was %q when this release was installed: it never changes, or every volume would be lost to the driver" $id $before) -}}
{{- end -}}
{{- $id -}}
{{- end }}

{{/* Put what `with` says into `onto`, in place. `merge` would not do: it takes false, 0 and "" for nothing said. */}}
{{- define "rds.override" -}}
{{- $onto := .onto -}}
{{- range $key, $value := .with -}}
{{- if and (kindIs "map" $value) (kindIs "map" (index $onto $key)) -}}
{{- include "rds.override" (dict "onto" (index $onto $key) "with" $value) -}}
{{- else -}}
{{- $_ := set $onto $key $value -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The appliances as YAML, whole: key to all its settings. A trial's is the simulator. */}}
{{- define "rds.appliances" -}}
{{- $said := .Values.appliances -}}
{{- if .Values.simulator.enabled -}}
{{- if $said -}}
{{- fail "appliances has to be empty while simulator.enabled is true: in a trial nodes reach nothing but the simulator" -}}
{{- end -}}
{{- $said = dict "mock" (include "rds.simulatorAppliance" . | fromYaml) -}}
{{- else if not $said -}}
{{- fail "appliances is empty: set appliances.<key>.address, .secretName and .pools.<name>.slot and .fsUuid, or simulator.enabled=true for a trial without one" -}}
{{- end -}}
{{- $all := dict -}}
{{- range $key, $one := $said -}}
{{- include "rds.checkKey" (dict "map" "appliances" "key" $key) -}}
{{- $whole := deepCopy $.Values.applianceDefaults -}}
{{- include "rds.override" (dict "onto" $whole "with" (omit $one "pools")) -}}
{{- $pools := dict -}}
{{- range $name, $pool := $one.pools -}}
{{- include "rds.checkKey" (dict "map" (printf "appliances.%s.pools" $key) "key" $name) -}}
{{- $_ := set $pools $name (deepCopy $.Values.poolDefaults) -}}
{{- include "rds.override" (dict "onto" (index $pools $name) "with" $pool) -}}
{{- end -}}
{{- $_ := set $all $key (set $whole "pools" $pools) -}}
{{- include "rds.checkAppliance" (dict "key" $key "one" $whole) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end }}

{{/* Where the container finds an appliance's credentials. */}}
{{- define "rds.credentialsDir" -}}
{{- printf "/etc/rds-csi/appliances/%s" . -}}
{{- end }}

{{/* JSON's strings are TOML's, so what a value holds cannot end the string that it stands in. */}}
{{- define "rds.commonToml" -}}
endpoint = "unix:///csi/csi.sock"
cluster_id = {{ include "rds.clusterId" .root | toJson }}
driver_name = {{ .root.Values.driverName | toJson }}
http_address = {{ printf "%s:%d" .root.Values.httpHost (int .port) | toJson }}
log_level = {{ .root.Values.logLevel | toJson }}
log_format = "json"
grace_s = 25
{{- if .root.Values.events.enabled }}
kubeconfig = "in-cluster"
{{- end }}
{{- end }}

{{- define "rds.controllerToml" -}}
mode = "controller"
{{ include "rds.commonToml" (dict "root" . "port" .Values.controller.httpPort) }}
survey_interval_s = {{ int .Values.metrics.surveyIntervalSeconds }}
volume_series = {{ int .Values.metrics.volumeSeries }}
disk_time_units = {{ .Values.metrics.diskTimeUnits | toJson }}
{{- range $key, $one := include "rds.appliances" . | fromYaml }}
{{- $dir := include "rds.credentialsDir" $key }}

[appliances.{{ $key }}]
address = {{ $one.address | toJson }}
port = {{ int $one.port }}
user = {{ $one.user | toJson }}
{{- if $one.secretKeys.privateKey }}
key_file = {{ printf "%s/private-key" $dir | toJson }}
{{- end }}
{{- if $one.secretKeys.password }}
password_file = {{ printf "%s/password" $dir | toJson }}
{{- end }}
host_key_file = {{ (default (printf "%s/host-key" $dir) $one.hostKeyFile) | toJson }}
{{- with $one.nvmeAddress }}
nvme_address = {{ . | toJson }}
{{- end }}
nvme_port = {{ int $one.nvmePort }}
nvme_port_count = {{ int $one.nvmePortCount }}
{{- range $name, $pool := $one.pools }}

[appliances.{{ $key }}.pools.{{ $name }}]
slot = {{ $pool.slot | toJson }}
fs_uuid = {{ $pool.fsUuid | toJson }}
folder = {{ $pool.folder | toJson }}
reserve_bytes = {{ int64 $pool.reserveBytes }}
{{- end }}
{{- end }}
{{- end }}

{{- define "rds.nodeToml" -}}
mode = "node"
{{ include "rds.commonToml" (dict "root" . "port" .Values.node.httpPort) }}
kubelet_dir = {{ .Values.kubeletDir | toJson }}
max_volumes_per_node = {{ int .Values.node.maxVolumes }}
{{- if .Values.simulator.enabled }}
fabric = {{ printf "loop:%s/exports" .Values.simulator.hostDir | toJson }}
{{- end }}
{{- with .Values.node.nvme }}

[nvme]
ctrl_loss_timeout_s = {{ int .ctrlLossTimeoutSeconds }}
reconnect_delay_s = {{ int .reconnectDelaySeconds }}
keep_alive_s = {{ int .keepAliveSeconds }}
parallel_connects = {{ int .parallelConnects }}
{{- if .ioQueues }}
io_queues = {{ int .ioQueues }}
{{- end }}
{{- end }}
{{- end }}
