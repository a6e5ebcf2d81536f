{{/* All StorageClasses as YAML: name to its settings, whole. */}}
{{- define "rds.storageClasses" -}}
{{- $all := dict -}}
{{- $appliances := include "rds.appliances" . | fromYaml -}}
{{- if .Values.storageClasses.perPool -}}
{{- range $key, $one := $appliances -}}
{{- range $name, $_ := $one.pools -}}
{{- $_ := set $all (printf "%s-%s" $key $name) (merge (dict "appliance" $key "pool" $name) (deepCopy $.Values.storageClassDefaults)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $said := .Values.storageClasses.named -}}
{{- if not (hasKey $appliances $said.appliance) -}}
{{- fail (printf "storageClasses.named.%s.appliance is %q, and there is none of that key in appliances" $name $said.appliance) -}}
{{- end -}}
{{- if not (hasKey (index $appliances $said.appliance).pools $said.pool) -}}
{{- fail (printf "storageClasses.named.%s.pool is %q, and appliances.%s.pools has none of that name" $name $said.pool $said.appliance) -}}
{{- end -}}
{{- $whole := deepCopy $.Values.storageClassDefaults -}}
{{- include "rds.override" (dict "onto" $whole "with" $said) -}}
{{- $_ := set $all $name $whole -}}
{{- end -}}
{{- toYaml $all -}}
{{- end }}

{{/* Refuse to change what the API would refuse to change, with a message that says what to do. */}}
{{- define "rds.checkUnchanged" -}}
{{- $there := lookup "storage.k8s.io/v1" "StorageClass" "" .name -}}
{{- if $there -}}
{{- range $field := list "provisioner" "parameters" "reclaimPolicy" "volumeBindingMode" -}}
{{- $is := index $there $field | toJson -}}
{{- $wanted := index $.wanted $field | toJson -}}
{{- if ne $is $wanted -}}
{{- fail (printf "the StorageClass %q is there with %s %s, and the values say %s: a class is never changed; put one of another name into storageClasses.named, or delete this one (its volumes do not need it to be used)" $.name $field $is $wanted) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
