#include "engine/onnx/onnx_graph.h"

#include "engine/onnx/translate.h"
#include "engine/ops/relu.h"
#include "engine/ops/sigmoid.h"
#include "engine/ops/slice.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using engine::Message;
using engine::Program;
using engine::Session;
using engine::Tensor;
using test_support::contains;
using namespace std::string_literals;

}  // namespace

TEST_CASE("onnx: fields are encoded as the specification's examples") {
  CHECK(Message().integer(1, 150).data() == "\x08\x96\x01");
  CHECK(Message().bytes(2, "testing").data() == "\x12\x07testing");
  CHECK(Message().message(3, Message().integer(1, 150)).data() == "\x1a\x03\x08\x96\x01");
  CHECK(Message().integer(1, -2).data() == "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  CHECK(Message().integer(1, 127).data() == "\x08\x7f");
  CHECK(Message().integer(1, 128).data() == "\x08\x80\x01");
  CHECK(Message().integer(20, 0).data() == "\xa0\x01\x00"s);
}

TEST_CASE("onnx: a program that has no form there is refused by the name of its call") {
  kernels::ThreadPool pool(1);
  const auto error_of = [&](auto record) {
    Program program({.device = kernels::Cpu{&pool}, .mode = engine::Mode::Inference});
    const Tensor images = program.input("images", {1, 2, 4, 4, 3});
    const Tensor result = record(program, images);
    Session session(program);
    engine::OnnxGraph graph;
    try {
      engine::translate(graph, session, images, "image", result);
    } catch (const kernels::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(error_of([](Program& p, Tensor x) { return engine::relu(p, x); }) == "");
  CHECK_THAT(error_of([](Program& p, Tensor x) {
               const Program::Scope scope(p, "gate");
               return engine::sigmoid(p, x);
             }),
             contains("ONNX: there is no operator for sigmoid_forward of gate"));
  CHECK_THAT(error_of([](Program& p, Tensor x) {
               return engine::reshape(p, engine::relu(p, x), {1, 2, 48});
             }),
             contains("ONNX: [1, 2, 4, 4, 3] cannot become [1, 2, 48]"));
  CHECK_THAT(error_of([](Program& p, Tensor) {
               return p.activation("y", {1, 2, 3});
             }),
             contains("ONNX: y is a part of another value, or made by no call"));

  Program training({.device = kernels::Cpu{&pool}});
  const Tensor images = training.input("images", {1, 2, 4, 4, 3});
  const Tensor y = engine::relu(training, images);
  Session session(training);
  engine::OnnxGraph graph;
  CHECK_THROWS_WITH(engine::translate(graph, session, images, "image", y),
                    contains("expected a program for inference on a CPU"));
}
