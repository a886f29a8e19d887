// The interpreter on PTX written by hand: needs no nvcc.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "kernels/ptx/error.h"
#include "kernels/ptx/lexer.h"
#include "kernels/ptx/machine.h"
#include "kernels/ptx/rounding.h"

namespace tandem::ptx {
namespace {

using Catch::Matchers::Contains;

const std::string kHeader = ".version 8.0\n.target sm_80\n.address_size 64\n";

// A kernel "k" of one pointer, in %rd1, whose thread number is in %r1 and whose element's address in %rd2.
std::string kernel(const std::string& body) {
  return kHeader + R"(
.visible .entry k(.param .u64 k_x)
{
  .reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %r<16>; .reg .f32 %f<16>; .reg .b64 %rd<8>; .reg .f64 %d<8>;
  .shared .align 4 .b8 s[256];
  ld.param.u64 %rd1, [k_x];
  mov.u32 %r1, %tid.x;
  mul.wide.u32 %rd2, %r1, 4;
  add.s64 %rd2, %rd1, %rd2;
  mov.u32 %r2, s;
  shl.b32 %r3, %r1, 2;
  add.s32 %r2, %r2, %r3;
)" + body +
         "\n  ret;\n}\n";
}

// Runs it over an array and returns what is there afterwards.
std::vector<float> run(Machine& machine, const std::string& body, std::vector<float> x, uint32_t blocks = 1) {
  const Module module = machine.load(kernel(body));
  const size_t bytes = x.size() * sizeof(float);
  const Address address = machine.allocate(bytes);
  machine.write(address, x.data(), bytes);
  machine.launch(module, "k", {blocks}, {uint32_t(x.size())}, 0, address);
  machine.read(x.data(), address, bytes);
  machine.free(address);
  return x;
}

float compute(const std::string& instruction, float x) {
  Machine machine;
  const float result =
      run(machine, "ld.global.f32 %f1, [%rd2];\n" + instruction + "\nst.global.f32 [%rd2], %f2;", {x})[0];
  CHECK(machine.problems().count() == 0);
  return result;
}

TEST_CASE("tokens keep their dots, and comments go", "[ptx]") {
  const auto tokens =
      tokenise("@!%p1 bra.uni L1; // to the end\n/* two\nlines */ ld.global.L2::128B.f32 %f1, [%rd1+-4];");
  std::vector<std::string> words;
  for (const Token& token : tokens) words.push_back(token.text);
  CHECK(words == std::vector<std::string>{"@", "!", "%p1", "bra.uni", "L1", ";", "ld.global.L2::128B.f32", "%f1", ",",
                                          "[", "%rd1", "+", "-", "4", "]", ";"});
  CHECK(tokens.back().line == 3);
}

TEST_CASE("literals", "[ptx]") {
  CHECK(parse_number("42U").bits == 42);
  CHECK(parse_number("0x1F").bits == 31);
  CHECK(parse_number("0b101").bits == 5);
  CHECK(parse_number("0f3F800000").bits == 0x3f800000);
  CHECK(parse_number("0d3FF0000000000000").bits == 0x3ff0000000000000);
}

TEST_CASE("text that is not PTX is refused with its line", "[ptx]") {
  Machine machine;
  CHECK_THROWS_WITH(machine.load("/* no end"), Contains("line 1"));
  CHECK_THROWS_WITH(machine.load("\n\"no end"), Contains("line 2"));
  CHECK_THROWS_WITH(machine.load(kHeader + "nonsense"), Contains("line 4: 'nonsense'"));
  CHECK_THROWS_WITH(machine.load(kHeader + ".visible .entry k(.param .u64 x"), Contains("parenthesis"));
  CHECK_THROWS_WITH(machine.load(kHeader + ".visible .entry k() { ret;"), Contains("does not end"));
  CHECK_THROWS_WITH(machine.load(kHeader + ".global .b32 x[4"), Contains("ends"));
  CHECK_THROWS_WITH(machine.load(kHeader + ".global .b32 x = y;"), Contains("initial value 'y'"));
}

TEST_CASE("kernels that are not understood are left out, with the reason", "[ptx]") {
  Machine machine;
  const auto reason = [&](const std::string& body) { return machine.load(kernel(body)).unsupported().at("k"); };
  CHECK_THAT(reason("mma.sync.aligned.m16n8k8.row.col.f32 %r1;"), Contains("instruction 'mma"));
  CHECK_THAT(reason("add.frobnicate.s32 %r1, %r1, 1;"), Contains("modifier .frobnicate"));
  CHECK_THAT(reason("add.s32 %r1, %r99, 1;"), Contains("'%r99' is not known"));
  CHECK_THAT(reason("add.s32 %r1, %r1,;"), Contains("too early"));
  CHECK_THAT(reason("bra nowhere;"), Contains("label 'nowhere'"));
  CHECK_THAT(reason("ld.global.f32 %f1, %rd1;"), Contains("'[' expected"));
  CHECK_THAT(reason("call nothing;"), Contains("'nothing'"));
  const Module module = machine.load(kernel("mma.sync %r1;"));
  CHECK_THROWS_WITH(module.kernel("k"), Contains("not supported"));
  CHECK_THROWS_WITH(module.kernel("other"), Contains("no kernel 'other'"));
}

TEST_CASE("arguments that do not fit the kernel are refused", "[ptx]") {
  Machine machine;
  const Module module = machine.load(kernel(""));
  CHECK_THROWS_WITH(machine.launch(module, "k", {1}, {1}, 0), Contains("0 arguments given, it has 1"));
  const Address x = machine.allocate(4);
  CHECK_FALSE(machine.launch(module, "k", {1}, {2048}, 0, x).finished);
  CHECK(machine.problems().count(Problem::kBadLaunch) == 1);
}

TEST_CASE("copies stay in their allocation", "[ptx]") {
  Machine machine;
  const Address x = machine.allocate(8);
  char bytes[16] = {};
  CHECK_THROWS_AS(machine.write(x, bytes, 16), Error);
  CHECK_THROWS_AS(machine.read(bytes, x + 4, 8), Error);
  machine.free(x);
  CHECK_THROWS_AS(machine.free(x), Error);
}

TEST_CASE("numbers are rounded once, ties to even", "[ptx]") {
  CHECK(to_bf16(1.00390625) == 0x3f80);
  CHECK(to_bf16(1.01171875) == 0x3f82);
  CHECK(to_bf16(1.00390625, Rounding::kUp) == 0x3f81);
  CHECK(to_bf16(-1.00390625, Rounding::kDown) == 0xbf81);
  CHECK(to_bf16(3.4e38) == 0x7f80);
  CHECK(to_bf16(3.4e38, Rounding::kZero) == 0x7f7f);
  CHECK(to_bf16(NAN) == 0x7fff);
  CHECK(to_half(65520) == 0x7c00);
  CHECK(to_half(65519) == 0x7bff);
  CHECK(to_half(0x1p-25) == 0);
  CHECK(to_half(0x1.8p-24) == 2);
  CHECK(from_half(1) == 0x1p-24f);
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) REQUIRE(to_half(from_half(uint16_t(bits))) == bits);
}

TEST_CASE("float instructions round and flush as their names say", "[ptx]") {
  const float third = 1.0f / 3, subnormal = 1e-40f;
  CHECK(compute("add.rn.f32 %f2, %f1, 0f3F800000;", 0x1p-24f) == 1);
  CHECK(compute("add.rp.f32 %f2, %f1, 0f3F800000;", 0x1p-24f) == std::nextafter(1.0f, 2.0f));
  CHECK(compute("div.rz.f32 %f2, %f1, 0f40400000;", 1) < third);
  CHECK(compute("add.f32 %f2, %f1, 0f00000000;", subnormal) == subnormal);
  CHECK(compute("add.ftz.f32 %f2, %f1, 0f00000000;", subnormal) == 0);
  CHECK(compute("add.sat.f32 %f2, %f1, 0f00000000;", 7) == 1);
  CHECK(compute("max.f32 %f2, %f1, 0f3F800000;", NAN) == 1);
  CHECK(std::isnan(compute("max.NaN.f32 %f2, %f1, 0f3F800000;", NAN)));
  CHECK(compute("cvt.rni.f32.f32 %f2, %f1;", 2.5f) == 2);
  CHECK(compute("cvt.rzi.s32.f32 %r4, %f1; cvt.rn.f32.s32 %f2, %r4;", -2.9f) == -2);
  CHECK(compute("cvt.rzi.s32.f32 %r4, %f1; cvt.rn.f32.s32 %f2, %r4;", 1e20f) == 0x1p31f);
  CHECK(compute("cvt.rzi.u32.f32 %r4, %f1; cvt.rn.f32.u32 %f2, %r4;", -5) == 0);
}

TEST_CASE("sums of more than a word carry", "[ptx]") {
  // 0xffffffff + 1, then the carry into the upper word
  CHECK(compute("mov.u32 %r4, 4294967295; add.cc.u32 %r5, %r4, 1; addc.u32 %r6, %r5, 41; cvt.rn.f32.u32 %f2, %r6;",
                0) == 42);
}

TEST_CASE("each class of wrong access is found in PTX alone", "[ptx]") {
  Machine machine;
  machine.settings().messages_per_kind = 1;
  const std::vector<float> x(64, 1);
  struct Case {
    Problem problem;
    const char* body;
    uint32_t blocks = 1;
  };
  const auto broken = GENERATE(
      Case{Problem::kGlobalOutOfBounds, "st.global.u32 [%rd2+4], %r1;"},
      Case{Problem::kMisaligned, "st.global.u64 [%rd1+4], %rd1;"},
      Case{Problem::kSharedOutOfBounds, "st.shared.u32 [%r2+4], %r1;"},
      Case{Problem::kSharedUninitialised, "ld.shared.u32 %r4, [%r2];"},
      Case{Problem::kSharedRace, "mov.u32 %r4, s; st.shared.u32 [%r4], %r1;"},
      Case{Problem::kGlobalRace, "st.global.u32 [%rd1], %r1;"},
      Case{Problem::kGlobalRace, "mov.u32 %r4, %ctaid.x; st.global.u32 [%rd2], %r4;", 2},
      Case{Problem::kBarrierAfterExit, "setp.ge.u32 %p1, %r1, 32; @%p1 bra END; bar.sync 0;\nEND:"},
      Case{Problem::kWarpDivergence, "and.b32 %r4, %r1, 1; setp.eq.u32 %p1, %r4, 0; @%p1 exit; bar.warp.sync -1;"},
      Case{Problem::kParameterOutOfBounds, "ld.param.u64 %rd3, [k_x+4096];"}, Case{Problem::kTrap, "trap;"});
  INFO(broken.body);
  run(machine, broken.body, x, broken.blocks);
  CHECK(machine.problems().count(broken.problem) > 0);
  CHECK(machine.problems().count() == machine.problems().count(broken.problem));
  CHECK_THAT(machine.problems().messages().at(0), Contains("PTX line"));
}

TEST_CASE("padding passes as written, unless asked for", "[ptx]") {
  Machine machine;
  const Module module = machine.load(kernel("st.global.u8 [%rd1], 1; ld.global.u64 %rd3, [%rd1];"));
  SECTION("an element of which some bytes are written") {
    CHECK(machine.launch(module, "k", {1}, {1}, 0, machine.allocate(8)).clean());
  }
  SECTION("strictly") {
    machine.settings().strict_uninitialised = true;
    machine.launch(module, "k", {1}, {1}, 0, machine.allocate(8));
    CHECK(machine.problems().count(Problem::kGlobalUninitialised) == 1);
  }
}

TEST_CASE("what is allowed is not reported", "[ptx]") {
  Machine machine;
  const char* body = GENERATE("red.global.add.u32 [%rd1], 1;", "st.global.u32 [%rd1], 7;",  // the same value by all
                              "st.shared.u32 [%r2], %r1; bar.sync 0; mov.u32 %r5, s; ld.shared.u32 %r4, [%r5];",
                              "st.volatile.global.u32 [%rd1], %r1;");
  INFO(body);
  run(machine, body, std::vector<float>(64, 1), 2);
  CHECK(machine.problems().count() == 0);
}

TEST_CASE("branches diverge and meet again", "[ptx]") {
  Machine machine;
  const auto result = run(machine, R"(
    and.b32 %r4, %r1, 1;
    setp.eq.u32 %p1, %r4, 0;
    mov.f32 %f1, 0f40000000;
    @%p1 bra EVEN;
    mov.f32 %f1, 0f40400000;
EVEN:
    st.global.f32 [%rd2], %f1;)",
                          std::vector<float>(32));
  for (int lane = 0; lane < 32; ++lane) CHECK(result[lane] == (lane % 2 ? 3 : 2));
  CHECK(machine.counters().divergent_branches == 1);
  CHECK(machine.counters().global_stores == 1);
  CHECK(machine.counters().sectors == 4);
}

TEST_CASE("host memory can be lent to kernels", "[ptx]") {
  Machine machine;
  const Module module = machine.load(kernel("st.global.u32 [%rd2], %r1;"));
  std::vector<uint32_t> x(32);
  const Address address = machine.register_host_memory(x.data(), x.size() * sizeof(uint32_t));
  CHECK(machine.launch(module, "k", {1}, {32}, 0, address).clean());
  machine.free(address);
  CHECK(x[31] == 31);
  CHECK_FALSE(machine.launch(module, "k", {1}, {32}, 0, address).clean());  // it is taken back
}

}  // namespace
}  // namespace tandem::ptx
