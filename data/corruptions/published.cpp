#include "data/corruptions/published.h"

namespace data::corruptions {
namespace {

constexpr PublishedArrays kCifar10C{
    "CIFAR-10-C",
    {"ecaf8b9a2399ffeda7680934c33405fd", "3a7239bb118894f013d9bf1984be7f11",
     "2090e01c83519ec51427e65116af6b1a", "7d1322666342a0702b1957e92f6254bc",
     "7361fb4019269e02dbf6925f083e8629", "fffa5f852ff7ad299cfe8a7643f090f4",
     "6ea8e63f1c5cdee1517533840641641b", "bb238de8555123da9c282dea23bd6e55",
     "31f6ab3bce1d9934abfb0cc13656f141", "7b397314b5670f825465fbcd1f6e9ccd",
     "0a81ef75e0b523c3383219c330a85d48", "3c8262171c51307f916c30a3308235a8",
     "9421657c6cd452429cf6ce96cc412b5f", "0f14f7e2db14288304e1de10df16832f",
     "2b9cc4c864e0193bb64db8d7728f8187", "ef00b87611792b00df09c0b0237a1e30",
     "c33370155bc9b055fb4a89113d3c559d", "8a5a3903a7f8f65b59501a6093b4311e",
     "1cfae0964219c5102abbb883e538cc56"}};

constexpr PublishedArrays kCifar100C{
    "CIFAR-100-C",
    {"ecc4d366eac432bdf25c024086f5e97d", "b0a1fa6e1e465a747c1b204b1914048a",
     "3b3c210ddfa0b5cb918ff4537a429fef", "d923e3d9c585a27f0956e2f2ad832564",
     "0bf384f38e5ccbf8dd479d9059b913e1", "732a7e2e54152ff97c742d4c388c5516",
     "0204613400c034a81c4830d5df81cb82", "0237be164583af146b7b144e73b43465",
     "3a39c6823bdfaa0bf8b12fe7004b8117", "4efc7ebd5e82b028bdbe13048e3ea564",
     "f22d7195aecd6abb541e27fca230c171", "322bb385f1d05154ee197ca16535f71e",
     "a0792bd6581f6810878be71acedfc65a", "96c00c60f144539e14cffb02ddbd0640",
     "c851b7f1324e1d2ffddeb76920576d11", "e3f215b1a0f9fd9fd6f0d1cf94a7ce99",
     "5204ba0d557839772ef5a4196a052c3e", "12ccf41d62564d36e1f6a6ada5022728",
     "c0697e9fdd646916a61e9c312c77bf6b"}};

}  // namespace

const PublishedArrays* published_arrays(const std::string& dataset) {
  if (dataset == "cifar10") return &kCifar10C;
  if (dataset == "cifar100") return &kCifar100C;
  return nullptr;
}

}  // namespace data::corruptions
