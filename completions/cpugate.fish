# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion for fish. It starts nothing, neither cpugate nor an emulator, so it can't hang.

# The words so far that are no options, as one text: "cache why" is one verb.
function __cpugate_verb
    set -l skip
    set -l found
    for word in (commandline -opc)[2..-1]
        if set -q skip[1]
            set skip
            continue
        end
        switch $word
            case --emulator --machine --accel --sample --seed
                set skip yes
            case '-*'
            case '*'
                set found $found $word
        end
    end
    echo "$found"
end

# __cpugate_is VERB...: is it one of these verbs? "" is none yet.
function __cpugate_is
    contains -- (__cpugate_verb) $argv
end

function __cpugate_has_operands
    string match -qr -- '^(expand|diff)' (__cpugate_verb)
end

function __cpugate_emulators
    for folder in $PATH
        for path in $folder/qemu-system-*
            string replace -r '.*/' '' -- $path
        end
    end | sort -u
end

complete -c cpugate -f

complete -c cpugate -n '__cpugate_is ""' -a models -d 'CPU models that a guest can get'
complete -c cpugate -n '__cpugate_is ""' -a expand -d 'What a CPU definition asks for and gets'
complete -c cpugate -n '__cpugate_is ""' -a machines -d 'Machine types of an emulator'
complete -c cpugate -n '__cpugate_is ""' -a emulators -d 'Emulators that are installed'
complete -c cpugate -n '__cpugate_is ""' -a host -d 'What answers under KVM depend on'
complete -c cpugate -n '__cpugate_is ""' -a probe -d 'Measure everything about a machine type'
complete -c cpugate -n '__cpugate_is ""' -a verify -d 'Compare real vCPUs with what is predicted'
complete -c cpugate -n '__cpugate_is ""' -a diff -d 'What two emulators, hosts or machine types differ in'
complete -c cpugate -n '__cpugate_is ""' -a cache -d 'What is kept'
complete -c cpugate -n '__cpugate_is cache' -a list -d 'Facts that the cache holds'
complete -c cpugate -n '__cpugate_is cache' -a why -d 'What would be measured again now'
complete -c cpugate -n '__cpugate_is cache' -a history -d 'What could not be had, over time'
complete -c cpugate -n '__cpugate_is cache' -a prune -d 'Forget other hosts and emulators'
complete -c cpugate -n '__cpugate_is cache' -a path -d 'Where the cache is'

complete -c cpugate -n 'string match -q -- "diff*" (__cpugate_verb)' \
    -a 'emulator= machine= accel= host= generation='

complete -c cpugate -l emulator -rF -a '(__cpugate_emulators)' -d 'The emulator' \
    -n '__cpugate_is "" models machines emulators probe verify "cache why"; or __cpugate_has_operands'
complete -c cpugate -l machine -x -d 'The machine type' \
    -n '__cpugate_is "" models probe verify; or __cpugate_has_operands'
complete -c cpugate -l accel -x -a 'kvm tcg' -d 'The accelerator' \
    -n '__cpugate_is "" models machines probe verify "cache why"; or __cpugate_has_operands'
complete -c cpugate -l all -n '__cpugate_is "" probe verify' -d 'Every machine type or model'
complete -c cpugate -l sample -x -n '__cpugate_is "" verify' -d 'So many vCPUs'
complete -c cpugate -l seed -x -n '__cpugate_is "" verify' -d 'What picks the sample'
complete -c cpugate -l json -d 'The reply as JSON'
complete -c cpugate -l help -d 'The verbs and options'
complete -c cpugate -l version -d 'The version of cpugate'
