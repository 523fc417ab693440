// The command line of limoe-scope.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <optional>

#include "gui/window/appearance.h"

namespace limoe::gui {

struct CommandLine {
  QStringList paths;     ///< recordings and run folders
  bool compare = false;  ///< the paths side by side
  bool demo = false;
  QString runs_folder;     ///< absolute
  QString worker_program;  ///< empty: none was found
  QString screenshot;      ///< file to write; empty: none
  QSize size{1280, 800};   ///< of the screenshot
  std::optional<int64_t> step;
  std::optional<int64_t> layer;  ///< from 1
  std::optional<Appearance> appearance;

  QString to_print;  ///< --help or --version: print this and exit with 0
  QString fault;     ///< what is wrong with the arguments; empty where nothing is
};

/// `arguments` begins with the program. Needs a QCoreApplication.
CommandLine parseCommandLine(const QStringList& arguments);

}  // namespace limoe::gui
