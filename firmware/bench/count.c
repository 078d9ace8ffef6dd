/* Counts for QEMU what runs between measure_begin and measure_end: instructions, loads, stores and
 * their bytes, per stage, and what a data cache of a stated shape would fetch and write back.
 *
 *   cc -O2 -shared -fPIC -o count.so count.c
 *   qemu-… -plugin count.so,cache=32768,ways=2,line=32 -d plugin -D counted.txt …
 *
 * A stage is a module of the eyes, told by the symbol that a block of code lies in; code of the
 * standard library belongs to the stage that called it. It is written for version 1 of the plugin
 * interface (QEMU 7), whose header Debian does not ship: what is used of it is declared here.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
typedef void (*udata_cb)(unsigned int vcpu, void *data);
typedef void (*mem_cb)(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data);
enum { CB_NO_REGS = 0, MEM_READ_WRITE = 3 };
struct qemu_plugin_tb;
struct qemu_plugin_insn;
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);
extern unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
        void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, udata_cb, int, void *);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, mem_cb, int, int, void *);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t,
        void (*)(qemu_plugin_id_t, void *), void *);
extern void qemu_plugin_outs(const char *);

EXPORT int qemu_plugin_version = 1;

/* ---- what is counted ------------------------------------------------------------------------ */

struct counts {
    uint64_t instructions, loads, stores, load_bytes, store_bytes, fills, write_backs;
};

enum { STAGES_MAX = 64, NAME_MAX = 32 };
static struct stage { char name[NAME_MAX]; struct counts counts; } stages[STAGES_MAX];
static int stage_count;
static int stage_now;
static bool is_counting;
static uint64_t frames, frame_instructions, frame_instructions_max;

static int stage_named(const char *name, size_t length)
{
    if (length >= NAME_MAX) length = NAME_MAX - 1;
    for (int i = 0; i < stage_count; i++)
        if (strlen(stages[i].name) == length && !memcmp(stages[i].name, name, length)) return i;
    if (stage_count == STAGES_MAX) {
        fputs("count: too many stages\n", stderr);
        exit(1);
    }
    memcpy(stages[stage_count].name, name, length);
    return stage_count++;
}

/* ---- the data cache ------------------------------------------------------------------------- */

struct line { uint64_t tag, used_at; bool is_valid, is_dirty; };
static struct line *lines;
static uint64_t cache_bytes, cache_ways = 1, line_bytes = 32, sets, access_count;

static void touch(uint64_t address, bool is_store, struct counts *counts)
{
    uint64_t tag = address / line_bytes;
    struct line *set = lines + tag % sets * cache_ways, *oldest = set;
    access_count++;
    for (struct line *at = set; at < set + cache_ways; at++) {
        if (at->is_valid && at->tag == tag) {
            at->used_at = access_count;
            at->is_dirty |= is_store;
            return;
        }
        if (!at->is_valid || (oldest->is_valid && at->used_at < oldest->used_at)) oldest = at;
    }
    counts->write_backs += oldest->is_valid && oldest->is_dirty;
    counts->fills++;
    *oldest = (struct line){ tag, access_count, true, is_store };
}

/* What the program does between two frames passes through the cache too, and is not counted. */
static void access_memory(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    static struct counts uncounted;
    struct counts *counts = is_counting ? &stages[stage_now].counts : &uncounted;
    uint64_t bytes = UINT64_C(1) << qemu_plugin_mem_size_shift(info);
    bool is_store = qemu_plugin_mem_is_store(info);
    if (is_store) {
        counts->stores++;
        counts->store_bytes += bytes;
    } else {
        counts->loads++;
        counts->load_bytes += bytes;
    }
    if (!sets) return;
    touch(address, is_store, counts);
    if (address / line_bytes != (address + bytes - 1) / line_bytes)
        touch(address + bytes - 1, is_store, counts);
}

/* ---- blocks of code and the stage they belong to --------------------------------------------- */

struct block {
    struct block *next;
    uint64_t instructions;
    enum { PLAIN, BEGIN, END } mark;
    int stage;                  /* -1: the caller's */
};

/* The module behind a crate's name in a symbol, in either of Rust's two ways to write one. */
static int stage_of(const char *symbol)
{
    const char *eyes = symbol ? strstr(symbol, "apis_vision") : NULL;
    const char *bench = symbol ? strstr(symbol, "board_bench") : NULL;
    static const char *const library[] = { "4core", "5alloc", "17compiler_builtins" };
    /* Arithmetic that several stages use. */
    static const char shared[] = "fixed";
    for (size_t i = 0; i < sizeof library / sizeof *library; i++) {
        /* A function of the library that is made for a type of the eyes is the library's. */
        const char *found = symbol ? strstr(symbol, library[i]) : NULL;
        if (found && (!eyes || found < eyes)) return -1;
    }
    if (bench && (!eyes || bench < eyes)) return stage_named("vision", 6);
    if (!eyes) return -1;
    const char *module = eyes + strlen("apis_vision");
    if (!strncmp(module, "..", 2)) {
        module += 2;
        return stage_named(module, strcspn(module, "."));
    }
    char *name;
    size_t length = strtoul(module, &name, 10);
    if (!length || strlen(name) < length) return -1;
    if (length == strlen(shared) && !memcmp(name, shared, length)) return -1;
    return stage_named(name, length);
}

static void run_block(unsigned int vcpu, void *data)
{
    const struct block *block = data;
    if (block->mark == BEGIN) {
        is_counting = true;
        frame_instructions = 0;
        return;
    }
    if (block->mark == END) {
        if (!is_counting) return;
        is_counting = false;
        frames++;
        if (frame_instructions > frame_instructions_max) frame_instructions_max = frame_instructions;
        return;
    }
    if (!is_counting) return;
    if (block->stage >= 0) stage_now = block->stage;
    stages[stage_now].counts.instructions += block->instructions;
    frame_instructions += block->instructions;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    static struct block *blocks;
    struct block *block = calloc(1, sizeof *block);
    const char *symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(tb, 0));
    block->next = blocks;
    blocks = block;
    block->instructions = qemu_plugin_tb_n_insns(tb);
    block->mark = !symbol ? PLAIN
        : !strcmp(symbol, "measure_begin") ? BEGIN
        : !strcmp(symbol, "measure_end") ? END : PLAIN;
    block->stage = stage_of(symbol);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, run_block, CB_NO_REGS, block);
    for (size_t i = 0; i < block->instructions; i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), access_memory, CB_NO_REGS,
                MEM_READ_WRITE, NULL);
}

/* ---- begin and end --------------------------------------------------------------------------- */

static void report(qemu_plugin_id_t id, void *data)
{
    char line[512];
    snprintf(line, sizeof line, "frames=%" PRIu64 " instructions_max=%" PRIu64 "\n", frames,
             frame_instructions_max);
    qemu_plugin_outs(line);
    for (int i = 0; i < stage_count; i++) {
        const struct counts *c = &stages[i].counts;
        if (!c->instructions) continue;
        snprintf(line, sizeof line,
                 "stage=%.31s instructions=%" PRIu64 " loads=%" PRIu64 " stores=%" PRIu64
                 " load_bytes=%" PRIu64 " store_bytes=%" PRIu64 " fill_bytes=%" PRIu64
                 " write_back_bytes=%" PRIu64 "\n",
                 stages[i].name, c->instructions, c->loads, c->stores, c->load_bytes,
                 c->store_bytes, c->fills * line_bytes, c->write_backs * line_bytes);
        qemu_plugin_outs(line);
    }
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        uint64_t number = value ? strtoull(value + 1, NULL, 10) : 0;
        if (!strncmp(argv[i], "cache=", 6)) cache_bytes = number;
        else if (!strncmp(argv[i], "ways=", 5)) cache_ways = number;
        else if (!strncmp(argv[i], "line=", 5)) line_bytes = number;
        else return -1;
    }
    if (cache_bytes) {
        if (!cache_ways || !line_bytes || cache_bytes % (cache_ways * line_bytes)) return -1;
        sets = cache_bytes / (cache_ways * line_bytes);
        lines = calloc(sets * cache_ways, sizeof *lines);
    }
    stage_now = stage_named("vision", 6);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, report, NULL);
    return 0;
}
