// The errors that corruption errors are divided by, as files that `auxtrain baseline` writes:
//   {"format": "auxtrain baseline", "name": "alexnet", "description": "alexnet, standard, 300
//   epochs",
//    "dataset": "cifar10", "corruptions": "made here, ...", "images": 10000, "clean": 1234,
//    "wrong": {"gaussian_noise": [2000, 2500, 3000, 3500, 4000], ...}}
// Whole numbers of images, by severity, for all 19 corruptions.
#pragma once

#include <filesystem>

#include "aux_training/evaluation/corruption_error.h"

namespace aux_training {

// An Error names the file and what is wrong with it.
Baseline read_baseline(const std::filesystem::path&);

// The other way; `baseline` gives the texts. An Error where a severity is missing.
std::string baseline_json(const Baseline& baseline, const CorruptionErrors& errors);

// AlexNet on ImageNet-C (224x224), as published with the benchmark: the means that its CEs are
// computed with.
const Baseline& published_alexnet();

}  // namespace aux_training
