#include "data/image_folder.h"

#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

using namespace data;
using test_support::contains;

TEST_CASE("pictures are listed by class and name, and nothing else is") {
  const test::TemporaryFolder folder;
  for (const char* name :
       {"b/2.JPEG", "b/1.jpg", "a/z.PnG", "a/notes.txt", "c.jpg", "b/deep/3.jpg"})
    folder.file(name, "");
  const ImageFolder found = list_image_folder(folder.path);
  CHECK(found.class_names == std::vector<std::string>{"a", "b"});
  REQUIRE(found.files.size() == 3);
  CHECK((found.files[0].label == 0 && found.files[0].name == "z.PnG"));
  CHECK((found.files[1].label == 1 && found.files[1].name == "1.jpg"));
  CHECK(found.path_of(found.files[2]) == folder.path / "b" / "2.JPEG");
}

TEST_CASE("folders without pictures are refused by name") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path.string();
  CHECK_THROWS_WITH(list_image_folder(path), contains(path + ": expected a folder for each class"));
  folder.file("a/notes.txt", "");
  CHECK_THROWS_WITH(list_image_folder(path), contains(path + ": expected pictures"));
  CHECK_THROWS_WITH(list_image_folder(path + "/none"), contains(path + "/none: cannot read"));
  CHECK_THROWS_WITH(list_imagenet(path, "val"),
                    contains("there is no folder " + path + "/imagenet/val") &&
                        contains("image-net.org") && contains("--data"));
  folder.file("imagenet/val/n01440764/1.JPEG", "");
  CHECK(list_imagenet(path, "val").files.size() == 1);
}
