// Below the walls: the runs' numbers side by side, and how their configurations differ.
#pragma once

#include <QTabWidget>
#include <memory>
#include <vector>

#include "gui/compare/compare_runs.h"
#include "gui/compare/run_numbers.h"

class QLabel;
class QTableWidget;

namespace limoe::gui {

class RunCurves;

class CompareTables : public QTabWidget {
  Q_OBJECT
 public:
  CompareTables(CompareRuns& runs, QWidget* parent);

  void refresh();
  /// What the tab in front shows: TSV of the numbers, of the settings with a line of words for each
  /// run.
  QString asText() const;

 Q_SIGNALS:
  void copied(QString what);

 private:
  QWidget* makeNumbers();
  QWidget* makeSettings();
  QWidget* withCopy(QWidget* content, const char* name, const QString& tip);
  void fillNumbers();
  void fillSettings();
  void fillCurves();
  /// All layers of all runs; asks for what is not read yet.
  std::vector<LayerNumbers> collectNumbers();
  QString settingsAsText() const;

  CompareRuns& runs_;
  QTableWidget* numbers_ = nullptr;
  QTableWidget* settings_ = nullptr;
  QLabel* words_ = nullptr;
  RunCurves* curves_ = nullptr;
  std::vector<LayerNumbers> shown_;
};

}  // namespace limoe::gui
