// The list of runs as a tree: forks below their parents.
#include <QMenu>
#include <QTest>
#include <QTreeWidget>

#include "gui/window/runs_panel.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

RunEntry entry(const QString& name, const QString& id = {}, const QString& parent_id = {},
               const QString& parent = {}) {
  RunEntry run;
  run.name = name;
  run.path = "/runs/" + name;
  run.run_id = id;
  run.parent = parent;
  run.parent_run_id = parent_id;
  run.parent_step = 200;
  return run;
}

/// "a(b(c) d) e"
QString shape(const QTreeWidgetItem* item) {
  QStringList children;
  for (int i = 0; i < item->childCount(); ++i) {
    children << shape(item->child(i));
  }
  return item->text(0) + (children.isEmpty() ? QString() : "(" + children.join(' ') + ")");
}

QString shapeOf(const std::vector<RunEntry>& runs) {
  RunsPanel panel;
  panel.setRuns(runs, {}, "/runs");
  const auto* list = panel.findChild<QTreeWidget*>("runsList");
  QStringList top;
  for (int i = 0; i < list->topLevelItemCount(); ++i) {
    top << shape(list->topLevelItem(i));
  }
  return top.join(' ');
}

TEST(RunsTree, ForksStandBelowTheirParents) {
  EXPECT_EQ(shapeOf({entry("a", "1"), entry("b", "2", "1"), entry("c", "3", "2"), entry("d", "4")}),
            "a(b(c)) d");
  // By its identifier although it was renamed; by its path where it has none; else at the top.
  EXPECT_EQ(shapeOf({entry("renamed", "1"), entry("b", "2", "1", "/runs/a")}), "renamed(b)");
  EXPECT_EQ(shapeOf({entry("a"), entry("b", "2", {}, "/runs/a")}), "a(b)");
  EXPECT_EQ(shapeOf({entry("b", "2", "1", "/runs/a"), entry("z", "9")}), "b z");
}

TEST(RunsTree, OwnImagesStandBeforeForks) {
  RunEntry own = entry("yours");
  own.path = "/runs/a/probes/own-1.h5";
  own.run = "/runs/a";
  EXPECT_EQ(shapeOf({entry("a", "1"), entry("b", "2", "1"), own}), "a(yours b)");
}

TEST(RunsTree, RunsBelowOneAnotherAreListedAllTheSame) {
  EXPECT_EQ(shapeOf({entry("a", "1", "2"), entry("b", "2", "1"), entry("c", "3", "3")}), "a(b) c");
}

TEST(RunsTree, TellsTheParentAndTheStep) {
  RunsPanel panel;
  panel.setRuns({entry("b", "2", "1", "/runs/a")}, {}, "/runs");
  EXPECT_THAT(panel.findChild<QTreeWidget*>("runsList")->topLevelItem(0)->toolTip(0).toStdString(),
              testing::HasSubstr("A fork of a at step 200"));
}

}  // namespace
}  // namespace limoe::gui::test
