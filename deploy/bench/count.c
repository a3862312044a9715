/*
 * A plugin for qemu-user that counts the instructions of a program and says the sum at its end. Debian
 * ships neither QEMU's own counting plugin nor the header of the interface; what is used of it (version 1,
 * as in QEMU 7.2) is declared here.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct block;
struct info;

enum { INLINE_ADD_U64 = 0 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(plugin_id, struct block *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct block *block, int operation, void *number, uint64_t by);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id, void *), void *data);
extern size_t qemu_plugin_tb_n_insns(const struct block *block);
extern void qemu_plugin_outs(const char *text);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* Threads add to it without a lock: the stages that are counted have one. */
static uint64_t instructions;

static void translated(plugin_id id, struct block *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, &instructions, qemu_plugin_tb_n_insns(block));
}

static void ended(plugin_id id, void *data)
{
    char text[64];
    (void)id;
    (void)data;
    snprintf(text, sizeof text, "instructions: %" PRIu64 "\n", instructions);
    qemu_plugin_outs(text);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const struct info *info, int argc, char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
