// How long work on recordings tells how far it is.
#pragma once

#include <functional>
#include <string>

namespace limoe::probe {

/// Told what is being done and how much of it is done, 0 … 1. May throw to end the work.
using WorkProgress = std::function<void(const std::string& what, double done)>;

}  // namespace limoe::probe
